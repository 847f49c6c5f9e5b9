-- Ends tasks, up to a few hundred: results, links and outbox of all in one transaction. The arrays have an element for
-- each: worker, queue row and lease, and its results as complete() takes them. Returns the leases that were these
-- workers' own; of the others nothing was changed, and their objects belong to no one.
-- The rows are locked in the order of their ids, as wherever several are, so that two calls never wait for each other
-- for ever. The plans are kept, and may have been made when the tables were empty: no scan of the whole may be part of
-- them.
CREATE FUNCTION complete_many(p_workers integer[], p_queues bigint[], p_leases bigint[], p_results jsonb[], p_life interval)
RETURNS bigint[]
LANGUAGE plpgsql SECURITY DEFINER SET search_path = imgfilter, pg_temp
SET plan_cache_mode = force_generic_plan SET enable_seqscan = off SET enable_hashjoin = off SET enable_mergejoin = off AS $$
DECLARE
  v_queues  bigint[];
  v_leases  bigint[];
  v_tasks   uuid[];
  v_results jsonb[];
  v_ends    timestamptz[];
  v_errors  jsonb[];
BEGIN
  WITH locked AS MATERIALIZED (
    SELECT id, ref, worker_id, lease FROM queue WHERE id = ANY (p_queues) ORDER BY id FOR UPDATE)
  SELECT array_agg(q.id), array_agg(q.lease), array_agg(q.ref), array_agg(h.results)
    INTO v_queues, v_leases, v_tasks, v_results
    FROM unnest(p_workers, p_queues, p_leases, p_results) AS h(worker, id, lease, results)
    JOIN locked q ON q.id = h.id AND q.worker_id = h.worker AND q.lease = h.lease;
  IF v_queues IS NULL THEN RETURN '{}'; END IF;
  DELETE FROM queue WHERE id = ANY (v_queues);

  SELECT array_agg(CASE WHEN h.results @> '[{"status": "done"}]' THEN link_end(t.spec, p_life) END ORDER BY h.n),
         array_agg((SELECT jsonb_object_agg(r.n - 1, r.v -> 'error')
                      FROM jsonb_array_elements(h.results) WITH ORDINALITY AS r(v, n)
                     WHERE r.v ->> 'status' = 'failed') ORDER BY h.n)
    INTO v_ends, v_errors
    FROM unnest(v_tasks, v_results) WITH ORDINALITY AS h(task, results, n)
    JOIN task t ON t.id = h.task AND jsonb_array_length(t.spec -> 'filters') = jsonb_array_length(h.results);
  IF cardinality(v_ends) IS DISTINCT FROM cardinality(v_tasks) THEN
    RAISE no_data_found USING MESSAGE = 'there is not a result for each chain';
  END IF;

  INSERT INTO link (task_id, n, object_key, format, width, height, bytes, sha256, filename, expires_at)
  SELECT h.task, r.n - 1, r.v ->> 'object_key', r.v ->> 'format', (r.v ->> 'width')::integer,
         (r.v ->> 'height')::integer, (r.v ->> 'bytes')::bigint, decode(r.v ->> 'sha256', 'hex'), r.v ->> 'filename', h.ends
    FROM unnest(v_tasks, v_results, v_ends) AS h(task, results, ends),
         jsonb_array_elements(h.results) WITH ORDINALITY AS r(v, n)
   WHERE r.v ->> 'status' = 'done';
  PERFORM finish_tasks(v_tasks, v_ends, v_errors);
  RETURN v_leases;
END $$;
