-- A worker is alive and works on these queue rows under these leases: both are extended. Returns the leases that are
-- no longer its own, whose work it should drop; NULL when the worker itself was struck off and must start anew.
-- A lease is only written when less than half of it is left: most tasks end before. The rows are locked in the order of
-- their ids, as in complete_many.
CREATE FUNCTION beat(p_worker integer, p_queue bigint[], p_leases bigint[], p_lease interval) RETURNS bigint[]
LANGUAGE plpgsql SECURITY DEFINER SET search_path = imgfilter, pg_temp AS $$
BEGIN
  UPDATE worker SET beat_at = now() WHERE id = p_worker;
  IF NOT FOUND THEN RETURN NULL; END IF;
  UPDATE queue SET lease_until = now() + p_lease
   WHERE id = ANY (ARRAY(
     SELECT q.id FROM queue q JOIN unnest(p_queue, p_leases) AS h(id, lease) ON q.id = h.id AND q.lease = h.lease
      WHERE q.worker_id = p_worker AND q.lease_until < now() + p_lease / 2
      ORDER BY q.id FOR UPDATE OF q));
  RETURN ARRAY(SELECT h.lease FROM unnest(p_queue, p_leases) AS h(id, lease)
                WHERE NOT EXISTS (SELECT FROM queue q
                                   WHERE q.id = h.id AND q.lease = h.lease AND q.worker_id = p_worker));
END $$;
