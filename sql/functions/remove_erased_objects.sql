-- Strikes off objects that were erased and are gone from the store. Returns how many.
CREATE FUNCTION remove_erased_objects(p_objects text[]) RETURNS bigint
LANGUAGE plpgsql SECURITY DEFINER SET search_path = imgfilter, pg_temp AS $$
DECLARE
  v_count bigint;
BEGIN
  DELETE FROM erased_object WHERE object_key = ANY (p_objects);
  GET DIAGNOSTICS v_count = ROW_COUNT;
  RETURN v_count;
END $$;
