-- Ends a task before it is done, whoever has it. Returns 'canceled'; 'ended' if it had ended already; 'unknown'.
-- A worker that has it finds its lease gone at its next beat, and is told to beat at once. What it may have stored for
-- the task belongs to no one, and the sweep takes it.
-- The row of the queue is locked first, as in every other end of a task.
CREATE FUNCTION cancel(p_task uuid) RETURNS text
LANGUAGE plpgsql SECURITY DEFINER SET search_path = imgfilter, pg_temp AS $$
DECLARE
  v_queue  bigint;
  v_before bigint;
  v_worker integer;
BEGIN
  LOOP
    SELECT queue_id INTO v_queue FROM task WHERE id = p_task;
    IF NOT FOUND THEN RETURN 'unknown'; END IF;
    IF v_queue IS NULL THEN RETURN 'ended'; END IF;
    EXIT WHEN v_queue = v_before;  -- still open, but its row is nowhere: there is nothing to wait for
    DELETE FROM queue WHERE id = v_queue RETURNING worker_id INTO v_worker;
    EXIT WHEN FOUND;
    v_before := v_queue;           -- it has just ended, and may have been put back since: look again
  END LOOP;
  UPDATE task SET status = 'canceled', version = version + 1, queue_id = NULL, account = NULL, finished_at = now()
   WHERE id = p_task;
  IF v_worker IS NOT NULL THEN
    PERFORM pg_notify('imgfilter', 'cancel');
  END IF;
  RETURN 'canceled';
END $$;
