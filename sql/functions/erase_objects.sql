-- Leaves objects whose rows have just been erased to be deleted from the store, which a worker is told to do at once. A NULL
-- among them is passed over.
CREATE FUNCTION erase_objects(p_objects text[]) RETURNS void
LANGUAGE plpgsql AS $$
BEGIN
  p_objects := array_remove(p_objects, NULL);
  IF p_objects = '{}' THEN RETURN; END IF;
  INSERT INTO erased_object (object_key) SELECT unnest(p_objects) ON CONFLICT DO NOTHING;
  PERFORM pg_notify('imgfilter', 'erased');
END $$;
