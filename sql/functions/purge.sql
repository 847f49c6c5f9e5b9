-- Tells every edge to take these objects out of its cache, and to forget what it knows of their links. To be called in the
-- transaction that ends them, while their rows are still there: a link whose row is gone is forgotten by itself, within a
-- minute. Returns how many are told.
CREATE FUNCTION purge(p_objects text[]) RETURNS bigint
LANGUAGE plpgsql SECURITY DEFINER SET search_path = imgfilter, pg_temp AS $$
DECLARE
  v_count bigint;
BEGIN
  INSERT INTO purge (object_key, link_id)
  SELECT o.key, l.id FROM unnest(p_objects) AS o(key) LEFT JOIN link l ON l.object_key = o.key;
  GET DIAGNOSTICS v_count = ROW_COUNT;
  PERFORM remove_purged(1000);
  RETURN v_count;
END $$;
