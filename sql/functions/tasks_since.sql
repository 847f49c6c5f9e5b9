-- Of the watched tasks, [{id, version}…], those that have changed since: one question for all the clients that wait. Those
-- that were erased, as task_view() shows them.
-- At most 1,000; raises IF002 above.
CREATE FUNCTION tasks_since(p_watched jsonb) RETURNS jsonb
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = imgfilter, pg_temp AS $$
BEGIN
  IF jsonb_array_length(p_watched) > 1000 THEN
    RAISE EXCEPTION 'at most 1000 tasks can be watched by one call, not %', jsonb_array_length(p_watched)
      USING ERRCODE = 'IF002';
  END IF;
  RETURN (SELECT coalesce(jsonb_agg(view_of(t)), '[]')
            FROM jsonb_to_recordset(p_watched) AS w(id uuid, version integer)
            JOIN task t ON t.id = w.id
           WHERE t.version + is_over(t)::integer > w.version)
      || (SELECT coalesce(jsonb_agg(jsonb_build_object('id', e.task_id, 'erased', true)), '[]')
            FROM jsonb_to_recordset(p_watched) AS w(id uuid)
            JOIN erased_task e ON e.task_id = w.id);
END $$;
