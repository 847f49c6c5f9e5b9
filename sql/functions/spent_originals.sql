-- Leases a batch of originals that nobody needs any more to one cleanup, which deletes their objects and then calls
-- remove_originals().
-- Looks twice: a task may have been made for one of them between the first look and the lock (see use_image). The second
-- statement sees it, and once the rows are locked there will be no other.
CREATE FUNCTION spent_originals(p_life interval, p_limit integer, p_lease interval)
RETURNS TABLE (image uuid, object_key text)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = imgfilter, pg_temp AS $$
DECLARE
  v_spent uuid[];
BEGIN
  v_spent := ARRAY(
    SELECT i.id FROM image i
     WHERE i.id = ANY (ARRAY(SELECT s.id FROM spent_images(p_life) s ORDER BY s.created_at LIMIT p_limit))
     ORDER BY i.id FOR UPDATE SKIP LOCKED);
  RETURN QUERY
    UPDATE image AS i SET deleting_until = now() + p_lease
     WHERE i.id IN (SELECT s.id FROM spent_images(p_life) s WHERE s.id = ANY (v_spent))
    RETURNING i.id, i.object_key;
END $$;
