-- Writes the end of tasks and what is to be told about it (see tell_tasks). An element for each: p_errors {index of the
-- chain: {code, detail}}, or NULL when all went well; p_ends when its links end, or NULL when it has none.
-- Plans as in complete_many().
CREATE FUNCTION finish_tasks(p_tasks uuid[], p_ends timestamptz[], p_errors jsonb[]) RETURNS void
LANGUAGE plpgsql
SET plan_cache_mode = force_generic_plan SET enable_seqscan = off SET enable_hashjoin = off SET enable_mergejoin = off AS $$
DECLARE
  v_told   uuid[];
  v_events text[];
BEGIN
  WITH ended AS (
    UPDATE task t
       SET status = CASE WHEN h.errors IS NULL THEN 'done' ELSE 'failed' END, version = t.version + 1, queue_id = NULL,
           account = NULL, errors = h.errors, finished_at = now(), expires_at = h.ends
      FROM unnest(p_tasks, p_ends, p_errors) AS h(task, ends, errors)
     WHERE t.id = h.task AND t.status IN ('queued', 'processing')
    RETURNING t.id, t.status,
              t.spec ->> 'webhook' IS NOT NULL OR t.spec ->> 'push' IS NOT NULL
              OR t.owner IS NOT NULL AND EXISTS (SELECT FROM target g WHERE g.owner = t.owner) AS told)
  SELECT array_agg(id), array_agg('task.' || status) INTO v_told, v_events FROM ended WHERE told;
  IF v_told IS NOT NULL THEN
    PERFORM tell_tasks(v_told, v_events);
  END IF;
END $$;
