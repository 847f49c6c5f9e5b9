-- A task as the API shows it; {"id", "erased": true} when it was erased; NULL when there is none of that id.
CREATE FUNCTION task_view(p_task uuid) RETURNS jsonb
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = imgfilter, pg_temp AS $$
DECLARE
  v_view jsonb := (SELECT view_of(t) FROM task t WHERE t.id = p_task);
BEGIN
  IF v_view IS NOT NULL THEN RETURN v_view; END IF;
  RETURN (SELECT jsonb_build_object('id', task_id, 'erased', true) FROM erased_task WHERE task_id = p_task);
END $$;
