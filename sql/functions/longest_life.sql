-- Days, rounded up, that no link lives longer than: one that is made now for p_life or for the life that any key gives, also
-- one that was revoked, whose tasks may wait; and all that there are.
CREATE FUNCTION longest_life(p_life interval) RETURNS integer
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = imgfilter, pg_temp AS $$
  SELECT ceil(extract(epoch FROM greatest(after_utc(now(), p_life) - now(),
                                          (SELECT max(after_utc(now(), link_life) - now()) FROM api_key),
                                          (SELECT max(expires_at - created_at) FROM link))) / 86400)::integer
$$;
