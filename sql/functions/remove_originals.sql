-- Notes that these originals are gone from the store, and forgets images that no task speaks of any more. Returns how
-- many originals went.
CREATE FUNCTION remove_originals(p_images uuid[]) RETURNS bigint
LANGUAGE plpgsql SECURITY DEFINER SET search_path = imgfilter, pg_temp AS $$
DECLARE
  v_count bigint;
BEGIN
  UPDATE image SET removed_at = now() WHERE id = ANY (p_images) AND removed_at IS NULL;
  GET DIAGNOSTICS v_count = ROW_COUNT;
  DELETE FROM image i WHERE i.id = ANY (p_images) AND NOT EXISTS (SELECT FROM task WHERE image_id = i.id);
  RETURN v_count;
END $$;
