-- Ends a row of the queue that has used up its attempts: it goes to the dead, and its task or delivery has failed.
CREATE FUNCTION give_up(p_row queue, p_code text, p_detail text) RETURNS void
LANGUAGE plpgsql AS $$
BEGIN
  DELETE FROM queue WHERE id = p_row.id;
  INSERT INTO dead (id, ref, lane, attempts, code, detail)
  VALUES (p_row.id, p_row.ref, p_row.lane, p_row.attempts, p_code, p_detail);
  IF p_row.lane = lane_number('webhook') THEN
    UPDATE delivery SET status = 'failed', queue_id = NULL, finished_at = now() WHERE id = p_row.ref;
  ELSE
    PERFORM fail_task(p_row.ref, p_code, p_detail);
  END IF;
END $$;
