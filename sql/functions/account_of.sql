-- Whom a request counts for: its owner; or for an anonymous one the client's address, an IPv6 one without its last 64
-- bits, which a client chooses as it likes; or nobody (NULL) where the edge names neither.
CREATE FUNCTION account_of(p_request jsonb) RETURNS text
LANGUAGE plpgsql STABLE AS $$
DECLARE
  v_client text;
BEGIN
  IF p_request ->> 'owner' IS NOT NULL THEN
    RETURN p_request ->> 'owner';
  ELSIF p_request ->> 'client' IS NULL THEN
    RETURN NULL;
  END IF;
  -- an IPv4 client of a socket that speaks IPv6 is the same client
  v_client := regexp_replace(p_request ->> 'client', '^::ffff:(?=\d+\.)', '');
  IF v_client LIKE 'unix:%' THEN
    RETURN 'ip:unix';
  ELSIF family(v_client::inet) = 6 THEN
    RETURN 'ip:' || network(set_masklen(v_client::inet, 64));
  END IF;
  RETURN 'ip:' || host(v_client::inet);
END $$;
