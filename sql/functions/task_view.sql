-- A task as the API shows it, or NULL when there is none of that id.
CREATE FUNCTION task_view(p_task uuid) RETURNS jsonb
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = imgfilter, pg_temp AS $$
BEGIN
  RETURN (SELECT view_of(t) FROM task t WHERE t.id = p_task);
END $$;
