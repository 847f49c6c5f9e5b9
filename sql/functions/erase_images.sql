-- Erases the originals of an owner that no task speaks of any more, which a cleanup would take later. Returns how many.
CREATE FUNCTION erase_images(p_owner text) RETURNS bigint
LANGUAGE plpgsql SECURITY DEFINER SET search_path = imgfilter, pg_temp AS $$
DECLARE
  v_images  uuid[];
  v_objects text[];
BEGIN
  v_images := ARRAY(SELECT id FROM lone_images(p_owner) ORDER BY id);
  -- locked before they are looked at again: one of them may just have been used (see use_image)
  PERFORM FROM image WHERE id = ANY (v_images) ORDER BY id FOR UPDATE;
  WITH gone AS (
    DELETE FROM image WHERE id IN (SELECT id FROM lone_images(p_owner) WHERE id = ANY (v_images)) RETURNING object_key)
  SELECT coalesce(array_agg(object_key), '{}') INTO v_objects FROM gone;
  PERFORM erase_objects(v_objects);
  RETURN cardinality(v_objects);
END $$;
