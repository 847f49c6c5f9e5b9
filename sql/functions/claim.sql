-- Claims up to p_limit tasks of an image lane (fast, slow, quarantine) and returns what is needed to do them: as many
-- as fit into p_free MiB of the p_budget that the worker has (see take). The attempt is counted here, before anything
-- can go wrong. A worker that was struck off or is to drain gets nothing.
-- Two statements: take() sees rows that were committed since the statement that calls it began, and their tasks have to be
-- seen as well, or they would be leased to a worker that is not told of them.
-- `trace` is of the request that ordered the task, and `created_at` when it was taken; `first_claim`: nobody has claimed it before,
-- whatever its attempts say, for what is given back gets its attempt back.
-- `month` is where results go in the store: the month in which a link made now will end.
CREATE FUNCTION claim(p_worker integer, p_lane text, p_limit integer, p_free integer, p_budget integer, p_lease interval,
                      p_floors timestamptz[], p_life interval)
RETURNS TABLE (queue_id bigint, lease bigint, lane text, prio smallint, run_at timestamptz, attempts smallint,
               memory integer, task uuid, object_key text, filename text, bytes bigint, spec jsonb, month text,
               trace jsonb, created_at timestamptz, first_claim boolean)
LANGUAGE plpgsql ROWS 10 SECURITY DEFINER SET search_path = imgfilter, pg_temp SET plan_cache_mode = force_generic_plan SET enable_seqscan = off AS $$
#variable_conflict use_column
DECLARE
  v_taken queue[];
BEGIN
  v_taken := ARRAY(SELECT t FROM take(p_worker, p_lane, p_limit, p_free, p_budget, p_lease, p_floors) AS t);
  RETURN QUERY
    WITH taken AS MATERIALIZED (
      SELECT * FROM unnest(v_taken)),
    begun AS (
      UPDATE task t SET status = 'processing', version = t.version + 1, started_at = coalesce(t.started_at, now())
        FROM taken WHERE t.id = taken.ref AND t.status = 'queued'
      RETURNING t.id, t.image_id, t.spec, t.trace, t.created_at, t.version = 2 AS first_claim)
    SELECT q.id, q.lease, p_lane, q.prio::smallint, q.run_at, q.attempts, q.memory::integer, t.id, i.object_key, i.filename,
           i.bytes::bigint, t.spec, to_char(link_end(t.spec, p_life) AT TIME ZONE 'UTC', 'YYYYMM'),
           t.trace, t.created_at, t.first_claim
      FROM taken q JOIN begun t ON t.id = q.ref JOIN image i ON i.id = t.image_id
     ORDER BY q.prio, q.run_at, q.id;
END $$;
