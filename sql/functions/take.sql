-- Leases up to p_limit ready rows of a lane to a worker, in their order, as long as what they take together of the
-- memory stays within p_free MiB (NULL: it is not asked). A row counts for no more than p_budget, all that the worker
-- has: so a giant runs when nothing else does, and since nothing overtakes it in its lane, that time comes. What claim()
-- and claim_deliveries() share. A worker that is to drain gets nothing, nor does one that was struck off.
--
-- One bounded index range for each priority, so that delayed rows of a higher priority are never stepped over.
-- p_floors, one for each priority from 0, keeps the scan off the dead entries that finished rows leave at the front of
-- the index while some old snapshot holds back the vacuum; NULL means from the beginning.
-- The rows are picked in a materialised CTE and updated through an array: a join could be planned as a loop that runs
-- the picking again and leases more than the limit.
-- The plan is kept, and may have been made when the table was empty: no scan of the whole may be part of it.
CREATE FUNCTION take(p_worker integer, p_lane text, p_limit integer, p_free integer, p_budget integer, p_lease interval,
                     p_floors timestamptz[])
RETURNS SETOF queue
LANGUAGE plpgsql ROWS 10 SET plan_cache_mode = force_generic_plan SET enable_seqscan = off SET enable_bitmapscan = off AS $$
DECLARE
  v_lane smallint := lane_number(p_lane);
BEGIN
  RETURN QUERY
    WITH ready AS MATERIALIZED (
      SELECT r.id, r.memory, p.prio, r.run_at
        FROM generate_series(0, 3) AS p(prio),
             LATERAL (SELECT q.id, q.memory, q.run_at FROM queue q
                       WHERE q.worker_id IS NULL AND q.lane = v_lane AND q.prio = p.prio
                         AND q.run_at <= now() AND q.run_at >= coalesce(p_floors[p.prio + 1], '-infinity')
                       ORDER BY q.run_at, q.id
                       LIMIT p_limit
                         FOR UPDATE SKIP LOCKED) AS r
       LIMIT p_limit),
    picked AS MATERIALIZED (
      SELECT r.id, sum(least(r.memory, p_budget)) OVER (ORDER BY r.prio, r.run_at, r.id) AS together FROM ready r)
    UPDATE queue
       SET worker_id = p_worker, lease = nextval('lease_seq'), lease_until = now() + p_lease, attempts = attempts + 1
     WHERE id = ANY (ARRAY(SELECT picked.id FROM picked WHERE p_free IS NULL OR together <= p_free))
       AND EXISTS (SELECT FROM worker w WHERE w.id = p_worker AND NOT w.draining)
    RETURNING queue.*;
END $$;
