-- A task as JSON: what the API shows, but for the URLs, which are not the database's to know.
-- In PL/pgSQL, as all that every upload and every question calls: a function in SQL that cannot be inlined is parsed and
-- planned at each call.
CREATE FUNCTION view_of(p_task task) RETURNS jsonb
LANGUAGE plpgsql STABLE AS $$
DECLARE
  v_image image;
BEGIN
  SELECT * INTO v_image FROM image i WHERE i.id = p_task.image_id;
  IF NOT FOUND THEN RETURN NULL; END IF;
  RETURN view_with(p_task, v_image);
END $$;
