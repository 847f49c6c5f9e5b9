-- Leases a batch of originals that nobody needs any more to one cleanup, which deletes their objects and then calls
-- remove_originals().
CREATE FUNCTION spent_originals(p_life interval, p_limit integer, p_lease interval)
RETURNS TABLE (image uuid, object_key text)
LANGUAGE sql SECURITY DEFINER SET search_path = imgfilter, pg_temp AS $$
  UPDATE image SET deleting_until = now() + p_lease
   WHERE id = ANY (ARRAY(
     SELECT i.id FROM image i
      WHERE i.id = ANY (ARRAY(SELECT s.id FROM spent_images(p_life, p_limit) s))
        AND (i.deleting_until IS NULL OR i.deleting_until < now())
      ORDER BY i.id FOR UPDATE SKIP LOCKED))
  RETURNING image.id, image.object_key
$$;
