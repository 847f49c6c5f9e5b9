-- Writes down when the last link of a task ends, after the life of one has changed, in a new version of the task.
CREATE FUNCTION new_end(p_task uuid) RETURNS void
LANGUAGE sql AS $$
  UPDATE task SET expires_at = (SELECT max(expires_at) FROM link WHERE task_id = p_task), version = version + 1
   WHERE id = p_task
$$;
