-- Deletes rows that every edge has read, or was away too long to read: of the first p_limit those that are a day old. Returns
-- how many. What is not told yet, because a transaction that began before is still open (see purged_since), stays however old
-- it is; what has a number that no transaction here has had yet came with another cluster's copy of the table.
-- Reads no more than those p_limit rows, however many there are and whatever the planner knows of them.
CREATE FUNCTION remove_purged(p_limit integer) RETURNS bigint
LANGUAGE plpgsql AS $$
DECLARE
  v_snapshot pg_snapshot := pg_current_snapshot();
  v_old      timestamptz := now() - interval '1 day';
  v_xid      xid8;
  v_id       bigint;
  v_count    bigint;
BEGIN
  SELECT f.xid, f.id INTO v_xid, v_id FROM (SELECT * FROM purge ORDER BY xid, id LIMIT p_limit) AS f
   WHERE f.at < v_old ORDER BY f.xid DESC, f.id DESC LIMIT 1;
  IF NOT FOUND THEN RETURN 0; END IF;
  DELETE FROM purge WHERE ctid = ANY (ARRAY(
    SELECT p.ctid FROM purge p
     WHERE (p.xid, p.id) <= (v_xid, v_id) AND p.at < v_old
       AND (p.xid < pg_snapshot_xmin(v_snapshot) OR p.xid >= pg_snapshot_xmax(v_snapshot))
     ORDER BY p.xid, p.id LIMIT p_limit FOR UPDATE SKIP LOCKED));
  GET DIAGNOSTICS v_count = ROW_COUNT;
  RETURN v_count;
END $$;
