-- Puts one delivery of an event into the outbox and into its channel's lane. Of a task (p_task), or of an owner alone
-- (p_owner); for a target (p_target) or just for an address. A code does not wait for anything else.
CREATE FUNCTION enqueue_delivery(p_task uuid, p_channel text, p_event text, p_address text, p_owner text DEFAULT NULL,
                                 p_target uuid DEFAULT NULL, p_details jsonb DEFAULT NULL) RETURNS void
LANGUAGE plpgsql AS $$
DECLARE
  v_queue bigint := nextval('imgfilter.queue_id_seq');
  v_id    uuid;
BEGIN
  INSERT INTO delivery (task_id, channel, event, target, queue_id, owner, target_id, details)
  VALUES (p_task, p_channel, p_event, p_address, v_queue, p_owner, p_target, p_details)
  ON CONFLICT ON CONSTRAINT delivery_once DO NOTHING
  RETURNING id INTO v_id;
  IF FOUND THEN
    INSERT INTO queue (id, ref, lane, prio, max_attempts)
    VALUES (v_queue, v_id, lane_number(p_channel), CASE p_event WHEN 'target.verify' THEN 0 ELSE 1 END, delivery_attempts());
  END IF;
END $$;
