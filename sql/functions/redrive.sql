-- Puts what lies with the dead back into the queue, with all its attempts: a task as requeue() does, a delivery with the
-- bytes that it had. Returns 'queued'; 'unknown' if there is none of this number or what it was is no more; or why its
-- task cannot be put back (see requeue_refusal).
CREATE FUNCTION redrive(p_dead bigint) RETURNS text
LANGUAGE plpgsql SECURITY DEFINER SET search_path = imgfilter, pg_temp AS $$
DECLARE
  v_dead  dead;
  v_queue bigint := nextval('queue_id_seq');
BEGIN
  SELECT * INTO v_dead FROM dead WHERE id = p_dead FOR UPDATE;
  IF NOT FOUND THEN RETURN 'unknown'; END IF;
  IF NOT is_of_deliveries(v_dead.lane) THEN RETURN requeue(v_dead.ref); END IF;

  UPDATE delivery SET status = 'pending', queue_id = v_queue, finished_at = NULL WHERE id = v_dead.ref AND status = 'failed';
  IF NOT FOUND THEN RETURN 'unknown'; END IF;
  DELETE FROM dead WHERE id = p_dead;
  INSERT INTO queue (id, ref, lane, max_attempts) VALUES (v_queue, v_dead.ref, v_dead.lane, delivery_attempts());
  RETURN 'queued';
END $$;
