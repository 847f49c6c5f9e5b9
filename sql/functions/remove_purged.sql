-- Deletes up to p_limit rows that every edge has read, or was away too long to read. Returns how many.
CREATE FUNCTION remove_purged(p_limit integer) RETURNS bigint
LANGUAGE plpgsql AS $$
DECLARE
  v_count bigint;
BEGIN
  DELETE FROM purge WHERE (xid, id) IN (
    SELECT p.xid, p.id FROM purge p WHERE p.at < now() - interval '1 hour' ORDER BY p.xid, p.id LIMIT p_limit
       FOR UPDATE SKIP LOCKED);
  GET DIAGNOSTICS v_count = ROW_COUNT;
  RETURN v_count;
END $$;
