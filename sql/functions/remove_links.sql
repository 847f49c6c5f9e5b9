-- Strikes off links whose objects are gone. A task that has none left is expired. Returns how many were struck off.
CREATE FUNCTION remove_links(p_links uuid[]) RETURNS bigint
LANGUAGE plpgsql SECURITY DEFINER SET search_path = imgfilter, pg_temp AS $$
DECLARE
  v_tasks uuid[];
  v_count bigint;
BEGIN
  -- Lock the tasks in one order first: two cleanups may hold links of the same task.
  PERFORM FROM task WHERE id IN (SELECT task_id FROM link WHERE id = ANY (p_links)) ORDER BY id FOR UPDATE;
  WITH removed AS (DELETE FROM link WHERE id = ANY (p_links) AND expires_at <= clock() RETURNING task_id)
  SELECT count(*), array_agg(DISTINCT task_id) INTO v_count, v_tasks FROM removed;
  UPDATE task t SET status = 'expired', version = version + 1
   WHERE t.id = ANY (v_tasks) AND t.status IN ('done', 'failed') AND NOT EXISTS (SELECT FROM link WHERE task_id = t.id);
  RETURN v_count;
END $$;
