-- Writes the end of a task and what is to be told about it. p_errors: {index of the chain: {code, detail}}, or NULL
-- when all went well; p_end: when its links end, or NULL when it has none.
CREATE FUNCTION finish_task(p_task uuid, p_end timestamptz, p_errors jsonb) RETURNS void
LANGUAGE plpgsql AS $$
DECLARE
  v_task task;
BEGIN
  UPDATE task
     SET status = CASE WHEN p_errors IS NULL THEN 'done' ELSE 'failed' END, version = version + 1, queue_id = NULL,
         account = NULL, errors = p_errors, finished_at = now(), expires_at = p_end
   WHERE id = p_task AND status IN ('queued', 'processing')
  RETURNING * INTO v_task;
  IF FOUND AND v_task.spec ->> 'webhook' IS NOT NULL THEN
    PERFORM enqueue_delivery(p_task, 'webhook', 'task.' || v_task.status, v_task.spec ->> 'webhook');
  END IF;
END $$;
