-- What view_with() says of a task that this request has just made with a new image. All of it is in the request, so no
-- row is turned into JSON again.
CREATE FUNCTION view_of_new(p_request jsonb) RETURNS jsonb
LANGUAGE plpgsql STABLE AS $$
DECLARE
  v_image   jsonb := p_request -> 'image';
  v_filters jsonb := p_request #> '{spec,filters}';
  v_results jsonb := '[]';
BEGIN
  FOR v_n IN 0 .. jsonb_array_length(v_filters) - 1 LOOP
    v_results := v_results || jsonb_build_object('filters', v_filters -> v_n, 'status', 'queued');
  END LOOP;
  IF coalesce(v_image ->> 'filename', '') = '' THEN
    v_image := v_image || '{"filename": null}';
  END IF;
  RETURN '{"version": 1, "status": "queued"}'::jsonb || jsonb_build_object(
    'id', p_request -> 'task', 'created_at', utc(now()), 'image', v_image - 'object_key' - 'kept', 'results', v_results,
    'trace', p_request #> '{trace,id}');
END $$;
