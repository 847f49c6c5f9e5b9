-- Why a delivery that has ended is not sent again, though it is asked for: its target is not there or not active; a code is
-- made anew and not repeated; it is an SMS that has arrived or may have (sent); or it was tried 20 times within 24 hours
-- (often), which leaves ten to ask for beside those that it has by itself: a replay has one try. NULL: it can be.
CREATE FUNCTION replay_refusal(p_delivery delivery) RETURNS text
LANGUAGE plpgsql STABLE AS $$
DECLARE
  v_target target;
BEGIN
  IF p_delivery.event = 'target.verify' THEN RETURN 'code_void'; END IF;
  IF p_delivery.channel = 'sms' AND p_delivery.status <> 'failed' THEN RETURN 'sent'; END IF;
  IF (SELECT count(*) FROM attempt WHERE delivery_id = p_delivery.id AND at > now() - interval '24 hours') >= 20 THEN
    RETURN 'often';
  END IF;
  SELECT * INTO v_target FROM target WHERE id = p_delivery.target_id;
  RETURN delivery_refusal(p_delivery, v_target);
END $$;
