-- Puts one target of an event into the outbox and into its channel's lane.
CREATE FUNCTION enqueue_delivery(p_task uuid, p_channel text, p_event text, p_target text) RETURNS void
LANGUAGE plpgsql AS $$
DECLARE
  v_queue bigint := nextval(pg_get_serial_sequence('imgfilter.queue', 'id'));
  v_id    uuid;
BEGIN
  INSERT INTO delivery (task_id, channel, event, target, queue_id) VALUES (p_task, p_channel, p_event, p_target, v_queue)
  ON CONFLICT ON CONSTRAINT delivery_once DO NOTHING
  RETURNING id INTO v_id;
  IF FOUND THEN
    INSERT INTO queue (id, ref, lane, max_attempts) VALUES (v_queue, v_id, lane_number(p_channel), delivery_attempts());
  END IF;
END $$;
