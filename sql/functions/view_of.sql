-- A task as JSON: what the API shows, but for the URLs, which are not the database's to know.
-- In PL/pgSQL, as all that every upload and every question calls: a function in SQL that cannot be inlined is parsed and
-- planned at each call.
CREATE FUNCTION view_of(p_task task) RETURNS jsonb
LANGUAGE plpgsql STABLE AS $$
DECLARE
  v_image   image;
  v_now     record;
  v_results jsonb;
BEGIN
  SELECT * INTO v_image FROM image i WHERE i.id = p_task.image_id;
  IF NOT FOUND THEN RETURN NULL; END IF;
  v_now := status_now(p_task);
  SELECT jsonb_agg(result_of(p_task, (f.ord - 1)::smallint, f.chain, v_now.status) ORDER BY f.ord) INTO v_results
    FROM jsonb_array_elements_text(p_task.spec -> 'filters') WITH ORDINALITY AS f(chain, ord);
  RETURN jsonb_build_object(
    'id', p_task.id, 'version', v_now.version, 'status', v_now.status, 'created_at', utc(p_task.created_at),
    'image', jsonb_build_object(
      'id', v_image.id, 'format', v_image.format, 'width', v_image.width, 'height', v_image.height,
      'frames', v_image.frames, 'bytes', v_image.bytes, 'sha256', encode(v_image.sha256, 'hex'),
      'filename', v_image.filename),
    'results', v_results);
END $$;
