-- Records a try of a delivery and what follows from it. p_outcome: delivered; retry (after p_pause, while there are
-- attempts left); gone and refused, which end it; unknown: it may have been sent, and is not sent again. Returns
-- 'delivered', 'retry', 'failed', 'unknown' or 'stale'.
-- What it says of its target is noted there (see note_outcome); the targets are locked before the row of the queue. A target
-- that is gone is an answer: its delivery is not among the dead.
CREATE FUNCTION finish_delivery(p_worker integer, p_queue bigint, p_lease bigint, p_outcome text, p_status integer,
                                p_ms integer, p_detail text, p_reply bytea, p_pause interval)
RETURNS text
LANGUAGE plpgsql SECURITY DEFINER SET search_path = imgfilter, pg_temp SET enable_seqscan = off AS $$
DECLARE
  v_target   target;
  v_noted    boolean;
  v_row      queue;
  v_delivery delivery;
  v_refusal  text;
BEGIN
  SELECT g.* INTO v_target FROM queue q JOIN delivery d ON d.id = q.ref JOIN target g ON g.id = d.target_id WHERE q.id = p_queue;
  v_noted := is_news(v_target, p_outcome, p_status);
  IF v_noted THEN
    PERFORM lock_targets(v_target.owner);
  END IF;
  SELECT * INTO v_row FROM held(p_worker, p_queue, p_lease);
  IF NOT FOUND THEN RETURN 'stale'; END IF;
  INSERT INTO attempt (delivery_id, lease, ms, outcome, status, detail, reply)
  VALUES (v_row.ref, p_lease, p_ms, p_outcome, p_status, p_detail, p_reply);
  IF v_noted THEN
    PERFORM note_outcome(v_target.id, p_outcome);
  END IF;

  IF p_outcome IN ('delivered', 'unknown') THEN
    DELETE FROM queue WHERE id = p_queue;
    RETURN end_delivery(v_row.ref, p_outcome, NULL);
  END IF;
  -- whether it had begun to be sent no longer matters: it is known that it has not arrived
  UPDATE delivery SET status = 'pending' WHERE id = v_row.ref RETURNING * INTO v_delivery;
  SELECT * INTO v_target FROM target WHERE id = v_delivery.target_id;
  v_refusal := delivery_refusal(v_delivery, v_target);
  IF v_refusal IS NOT NULL OR p_outcome = 'gone' AND v_delivery.channel = 'push' THEN
    DELETE FROM queue WHERE id = p_queue;
    RETURN end_delivery(v_row.ref, 'failed', v_refusal);
  ELSIF p_outcome = 'retry' AND v_row.attempts < v_row.max_attempts THEN
    PERFORM put_back(v_row, now() + p_pause, v_row.attempts);
    RETURN 'retry';
  END IF;
  PERFORM give_up(v_row, p_outcome, p_detail);
  RETURN 'failed';
END $$;
