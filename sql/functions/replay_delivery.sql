-- POST /deliveries/{id}/replay: tries a delivery of an owner once more, at once, with the bytes that it had and under the id
-- that it has; a letter that was taken is written anew. One that waits is not made to wait any longer. Returns {"queued": true}; {"refused": …}: busy, while it is
-- being sent, or see replay_refusal; NULL: the owner has none of this id.
CREATE FUNCTION replay_delivery(p_owner text, p_delivery uuid) RETURNS jsonb
LANGUAGE plpgsql SECURITY DEFINER SET search_path = imgfilter, pg_temp AS $$
DECLARE
  v_delivery delivery;
  v_refusal  text;
BEGIN
  SELECT * INTO v_delivery FROM delivery WHERE id = p_delivery AND owner = p_owner;
  IF NOT FOUND THEN RETURN NULL; END IF;
  IF v_delivery.queue_id IS NOT NULL THEN
    UPDATE queue SET run_at = least(run_at, now())
     WHERE id = (SELECT id FROM queue WHERE id = v_delivery.queue_id AND worker_id IS NULL FOR UPDATE SKIP LOCKED);
    RETURN CASE WHEN FOUND THEN '{"queued": true}' ELSE '{"refused": "busy"}' END;
  END IF;
  v_refusal := replay_refusal(v_delivery);
  IF v_refusal IS NOT NULL THEN
    RETURN jsonb_build_object('refused', v_refusal);
  ELSIF NOT send_again(p_delivery, 1::smallint) THEN
    RETURN '{"refused": "busy"}';
  END IF;
  RETURN '{"queued": true}';
END $$;
