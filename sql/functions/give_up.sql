-- Ends a row of the queue that has used up its attempts: it goes to the dead, and its task or delivery has failed. A
-- delivery of which nobody knows whether it arrived has not failed, and is not among the dead.
CREATE FUNCTION give_up(p_row queue, p_code text, p_detail text) RETURNS void
LANGUAGE plpgsql AS $$
BEGIN
  DELETE FROM queue WHERE id = p_row.id;
  IF NOT is_of_deliveries(p_row.lane) THEN
    PERFORM fail_task(p_row.ref, p_code, p_detail);
  ELSIF end_delivery(p_row.ref, 'failed', CASE WHEN p_code IN ('worker_lost', 'too_old') THEN p_code END) = 'unknown' THEN
    RETURN;
  END IF;
  INSERT INTO dead (id, ref, lane, attempts, code, detail)
  VALUES (p_row.id, p_row.ref, p_row.lane, p_row.attempts, p_code, p_detail);
END $$;
