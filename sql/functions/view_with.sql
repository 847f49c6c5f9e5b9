-- The same as view_of() for whoever has the image's row at hand. Of a task that is open nothing is looked up, and its
-- results are added one by one: for the few that there are, that is much quicker than a query.
CREATE FUNCTION view_with(p_task task, p_image image) RETURNS jsonb
LANGUAGE plpgsql STABLE AS $$
DECLARE
  v_over    boolean := is_over(p_task);
  v_status  text    := CASE WHEN v_over THEN 'expired' ELSE p_task.status END;
  v_open    boolean := v_status IN ('queued', 'processing');
  v_results jsonb   := '[]';
BEGIN
  FOR v_n IN 0 .. jsonb_array_length(p_task.spec -> 'filters') - 1 LOOP
    v_results := v_results || CASE
      WHEN v_open THEN jsonb_build_object('filters', p_task.spec -> 'filters' -> v_n, 'status', v_status)
      ELSE result_of(p_task, v_n, v_status) END;
  END LOOP;
  RETURN jsonb_build_object(
    'id', p_task.id, 'version', p_task.version + v_over::integer, 'status', v_status, 'created_at', utc(p_task.created_at),
    'image', jsonb_build_object(
      'id', p_image.id, 'format', p_image.format, 'width', p_image.width, 'height', p_image.height,
      'frames', p_image.frames, 'bytes', p_image.bytes, 'sha256', encode(p_image.sha256, 'hex'),
      'filename', p_image.filename),
    'results', v_results, 'trace', p_task.trace ->> 'id');
END $$;
