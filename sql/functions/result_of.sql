-- One result inside a task's view: finished ones by their link, failed ones by their error, the others by the task.
CREATE FUNCTION result_of(p_task task, p_n integer, p_status text) RETURNS jsonb
LANGUAGE plpgsql STABLE AS $$
DECLARE
  v_chain jsonb := p_task.spec -> 'filters' -> p_n;
  v_error jsonb := p_task.errors -> p_n::text;
  v_link  link;
BEGIN
  IF v_error IS NOT NULL THEN
    RETURN jsonb_build_object('filters', v_chain, 'status', 'failed', 'error', v_error);
  END IF;
  IF p_status IN ('queued', 'processing', 'canceled') THEN
    RETURN jsonb_build_object('filters', v_chain, 'status', p_status);
  END IF;
  SELECT * INTO v_link FROM link WHERE task_id = p_task.id AND n = p_n;
  IF NOT FOUND OR v_link.expires_at <= clock() OR v_link.revoked_at IS NOT NULL THEN
    RETURN jsonb_build_object('filters', v_chain, 'status', 'expired');
  END IF;
  RETURN jsonb_build_object(
    'filters', v_chain, 'status', 'done', 'link', v_link.id, 'format', v_link.format, 'width', v_link.width,
    'height', v_link.height, 'bytes', v_link.bytes, 'expires_at', utc(v_link.expires_at), 'filename', v_link.filename);
END $$;
