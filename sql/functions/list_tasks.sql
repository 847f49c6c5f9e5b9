-- Of these tasks those that are there, as operators read them.
CREATE FUNCTION list_tasks(p_tasks uuid[]) RETURNS SETOF jsonb
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = imgfilter, pg_temp AS $$
BEGIN
  RETURN QUERY
    SELECT task_line(t, q) FROM unnest(p_tasks) WITH ORDINALITY AS n(id, ord) JOIN task t USING (id)
      LEFT JOIN queue q ON q.id = t.queue_id ORDER BY n.ord;
END $$;
