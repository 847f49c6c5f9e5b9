-- Records a try of a delivery and what follows from it. p_outcome: delivered; retry (after p_pause, while there are
-- attempts left); gone and refused, which end it. Returns 'delivered', 'retry', 'failed' or 'stale'.
CREATE FUNCTION finish_delivery(p_worker integer, p_queue bigint, p_lease bigint, p_outcome text, p_status integer,
                                p_ms integer, p_detail text, p_reply bytea, p_pause interval)
RETURNS text
LANGUAGE plpgsql SECURITY DEFINER SET search_path = imgfilter, pg_temp AS $$
DECLARE
  v_row queue;
BEGIN
  SELECT * INTO v_row FROM held(p_worker, p_queue, p_lease);
  IF NOT FOUND THEN RETURN 'stale'; END IF;
  INSERT INTO attempt (delivery_id, lease, ms, outcome, status, detail, reply)
  VALUES (v_row.ref, p_lease, p_ms, p_outcome, p_status, p_detail, p_reply);
  IF p_outcome = 'retry' AND v_row.attempts < v_row.max_attempts THEN
    PERFORM put_back(v_row, now() + p_pause, v_row.attempts);
    RETURN 'retry';
  ELSIF p_outcome = 'delivered' THEN
    DELETE FROM queue WHERE id = p_queue;
    UPDATE delivery SET status = 'delivered', queue_id = NULL, finished_at = now() WHERE id = v_row.ref;
    RETURN 'delivered';
  END IF;
  PERFORM give_up(v_row, p_outcome, p_detail);
  RETURN 'failed';
END $$;
