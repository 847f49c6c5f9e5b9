-- Puts what lies with the dead back into the queue, with all its attempts: a task as requeue() does, a delivery with the
-- bytes that it had. Returns 'queued'; 'unknown' if there is none of this number, or what it was is no more, or nobody is
-- to be told of it any more (see replay_refusal); or why its task cannot be put back (see requeue_refusal).
CREATE FUNCTION redrive(p_dead bigint) RETURNS text
LANGUAGE plpgsql SECURITY DEFINER SET search_path = imgfilter, pg_temp AS $$
DECLARE
  v_dead dead;
BEGIN
  SELECT * INTO v_dead FROM dead WHERE id = p_dead FOR UPDATE;
  IF NOT FOUND THEN RETURN 'unknown'; END IF;
  IF NOT is_of_deliveries(v_dead.lane) THEN RETURN requeue(v_dead.ref); END IF;
  IF NOT EXISTS (SELECT FROM delivery d WHERE d.id = v_dead.ref AND d.status = 'failed' AND replay_refusal(d) IS NULL)
     OR NOT send_again(v_dead.ref, delivery_attempts()) THEN
    RETURN 'unknown';
  END IF;
  RETURN 'queued';
END $$;
