-- Whom a request counts for: its owner; or for an anonymous one the client's address, an IPv6 one without its last 64
-- bits, which a client chooses as it likes; or nobody (NULL) where the edge names neither.
CREATE FUNCTION account_of(p_request jsonb) RETURNS text
LANGUAGE sql STABLE AS $$
  SELECT coalesce(p_request ->> 'owner',
                  'ip:' || CASE
                    WHEN c.client LIKE 'unix:%'      THEN 'unix'
                    WHEN family(c.client::inet) = 6  THEN network(set_masklen(c.client::inet, 64))::text
                    ELSE host(c.client::inet)
                  END)
    -- an IPv4 client of a socket that speaks IPv6 is the same client
    FROM regexp_replace(p_request ->> 'client', '^::ffff:(?=\d+\.)', '') AS c(client)
$$;
