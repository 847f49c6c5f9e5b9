-- Puts a task that has failed back into the queue, with all its attempts and nothing of its failure left: among the
-- fast or slow as before, or in the quarantine if it died there. Returns 'queued'; or why not: 'unknown', or what
-- requeue_refusal says. The original stays from here on (see keep_original).
-- A failure that nobody was told of yet is not told any more. One that was told stays told: another failure of this task
-- is no new event, but its success is.
CREATE FUNCTION requeue(p_task uuid) RETURNS text
LANGUAGE plpgsql SECURITY DEFINER SET search_path = imgfilter, pg_temp AS $$
DECLARE
  v_task    task;
  v_refusal text;
  v_dead    dead;
  v_queue   bigint := nextval('queue_id_seq');
BEGIN
  SELECT * INTO v_task FROM task WHERE id = p_task FOR UPDATE;
  IF NOT FOUND THEN RETURN 'unknown'; END IF;
  v_refusal := requeue_refusal(v_task);
  IF v_refusal IS NOT NULL THEN RETURN v_refusal; END IF;
  IF NOT keep_original(v_task.image_id) THEN RETURN 'original_gone'; END IF;

  DELETE FROM dead WHERE ref = p_task RETURNING * INTO v_dead;
  WITH untold AS (
    DELETE FROM queue q USING delivery d
     WHERE d.task_id = p_task AND d.event = 'task.failed' AND d.body IS NULL AND q.id = d.queue_id AND q.worker_id IS NULL
    RETURNING q.ref)
  DELETE FROM delivery WHERE id IN (SELECT ref FROM untold);

  UPDATE task SET status = 'queued', version = version + 1, queue_id = v_queue, account = owner, errors = NULL,
                  started_at = NULL, finished_at = NULL
   WHERE id = p_task;
  INSERT INTO queue (id, ref, lane, prio, memory, max_attempts)
  VALUES (v_queue, p_task, coalesce(v_dead.lane, v_task.lane), prio_of(v_task.owner, v_task.spec), v_task.memory,
          coalesce(v_dead.attempts, 5));
  RETURN 'queued';
END $$;
