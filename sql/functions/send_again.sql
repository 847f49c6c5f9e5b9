-- Puts a delivery that has ended back into its lane, to be tried p_attempts times; it is no longer among the dead. False when
-- it has not ended.
CREATE FUNCTION send_again(p_delivery uuid, p_attempts smallint) RETURNS boolean
LANGUAGE plpgsql AS $$
DECLARE
  v_queue   bigint := nextval('queue_id_seq');
  v_channel text;
BEGIN
  UPDATE delivery SET status = 'pending', reason = NULL, queue_id = v_queue, queued_at = now(), finished_at = NULL
   WHERE id = p_delivery AND queue_id IS NULL
  RETURNING channel INTO v_channel;
  IF NOT FOUND THEN RETURN false; END IF;
  DELETE FROM dead WHERE ref = p_delivery;
  INSERT INTO queue (id, ref, lane, max_attempts) VALUES (v_queue, p_delivery, lane_number(v_channel), p_attempts);
  RETURN true;
END $$;
