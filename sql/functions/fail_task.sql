-- Ends a task with the same error for each of its chains.
CREATE FUNCTION fail_task(p_task uuid, p_code text, p_detail text) RETURNS void
LANGUAGE sql AS $$
  SELECT finish_tasks(ARRAY[id], ARRAY[NULL::timestamptz], ARRAY[(
           SELECT jsonb_object_agg(n, jsonb_build_object('code', p_code, 'detail', p_detail))
             FROM generate_series(0, jsonb_array_length(spec -> 'filters') - 1) AS n)])
    FROM task WHERE id = p_task
$$;
