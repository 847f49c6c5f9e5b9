-- Erases a task, whoever has it and however far it has come: its links and results, what was or was to be told of it, what
-- it died of, its Idempotency-Key, and its original unless another task has that. All rows go at once, so that every link
-- answers 410; the objects follow (see erased_objects), cached copies too (see purge). Only the id stays for a while, so that
-- whoever asks hears that it is gone. Returns how much went, {"originals", "results", "links"}; NULL: there is no such task.
--
-- An open one is canceled first. It may be put back before it is locked here, and is then canceled again.
-- Rows of the queue are deleted before what they stand for, as wherever both are.
CREATE FUNCTION erase(p_task uuid) RETURNS jsonb
LANGUAGE plpgsql SECURITY DEFINER SET search_path = imgfilter, pg_temp AS $$
DECLARE
  v_task       task;
  v_deliveries uuid[];
  v_results    text[];
  v_original   text;
BEGIN
  LOOP
    PERFORM cancel(p_task);
    SELECT * INTO v_task FROM task WHERE id = p_task FOR UPDATE;
    IF NOT FOUND THEN RETURN NULL; END IF;
    EXIT WHEN v_task.queue_id IS NULL;
  END LOOP;

  DELETE FROM queue WHERE id IN (SELECT queue_id FROM delivery WHERE task_id = p_task AND queue_id IS NOT NULL);
  WITH gone AS (DELETE FROM delivery WHERE task_id = p_task RETURNING id, queue_id)
  SELECT array_agg(id) INTO v_deliveries FROM gone;
  DELETE FROM dead WHERE ref = p_task OR ref = ANY (v_deliveries);
  v_results := ARRAY(SELECT object_key FROM link WHERE task_id = p_task FOR UPDATE);
  PERFORM purge(v_results);
  DELETE FROM link WHERE task_id = p_task;
  DELETE FROM task WHERE id = p_task;
  INSERT INTO erased_task (task_id) VALUES (p_task) ON CONFLICT DO NOTHING;

  -- The last of an image's tasks takes it along. Locked first: whoever uses it at this moment has made its task before, and
  -- two who erase its last tasks see each other (see use_image).
  PERFORM FROM image WHERE id = v_task.image_id FOR UPDATE;
  DELETE FROM image i WHERE i.id = v_task.image_id AND NOT EXISTS (SELECT FROM task WHERE image_id = i.id)
  RETURNING CASE WHEN removed_at IS NULL THEN object_key END INTO v_original;

  PERFORM erase_objects(v_results || v_original);
  RETURN jsonb_build_object('originals', (v_original IS NOT NULL)::integer, 'results', cardinality(v_results),
                            'links', cardinality(v_results));
END $$;
