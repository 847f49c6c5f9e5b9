-- Leases up to p_limit ready rows of a lane to a worker. What claim() and claim_deliveries() share.
--
-- One bounded index range for each priority, so that delayed rows of a higher priority are never stepped over.
-- p_floors, one for each priority from 0, keeps the scan off the dead entries that finished rows leave at the front of
-- the index while some old snapshot holds back the vacuum; NULL means from the beginning.
-- The rows are picked in a materialised CTE and updated through an array: a join could be planned as a loop that runs
-- the picking again and leases more than the limit.
CREATE FUNCTION take(p_worker integer, p_lane text, p_limit integer, p_lease interval, p_floors timestamptz[])
RETURNS SETOF queue
LANGUAGE sql AS $$
  WITH picked AS MATERIALIZED (
    SELECT ready.id
      FROM generate_series(0, 3) AS p(prio),
           LATERAL (SELECT q.id FROM queue q
                     WHERE q.worker_id IS NULL AND q.lane = lane_number(p_lane) AND q.prio = p.prio
                       AND q.run_at <= now() AND q.run_at >= coalesce(p_floors[p.prio + 1], '-infinity')
                     ORDER BY q.run_at, q.id
                     LIMIT p_limit
                       FOR UPDATE SKIP LOCKED) AS ready
     LIMIT p_limit)
  UPDATE queue
     SET worker_id = p_worker, lease = nextval('lease_seq'), lease_until = now() + p_lease, attempts = attempts + 1
   WHERE id = ANY (ARRAY(SELECT id FROM picked))
     AND EXISTS (SELECT FROM worker WHERE worker.id = p_worker)
  RETURNING queue.*
$$;
