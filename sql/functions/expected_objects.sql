-- The objects that the store must have, in the order of their ids, from the one behind p_after on (NULL: from the first):
-- of living links, or of originals that are kept. At most p_most.
CREATE FUNCTION expected_objects(p_kind text, p_after uuid, p_most integer)
RETURNS TABLE (id uuid, object_key text, bytes bigint)
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = imgfilter, pg_temp SET enable_seqscan = off AS $$
BEGIN
  IF p_kind = 'link' THEN
    RETURN QUERY SELECT l.id, l.object_key, l.bytes FROM link l
                  WHERE (p_after IS NULL OR l.id > p_after) AND l.expires_at > clock() AND l.revoked_at IS NULL
                    AND l.deleting_until IS NULL
                  ORDER BY l.id LIMIT p_most;
  ELSE
    RETURN QUERY SELECT i.id, i.object_key, i.bytes::bigint FROM image i
                  WHERE (p_after IS NULL OR i.id > p_after) AND i.removed_at IS NULL AND i.deleting_until IS NULL
                  ORDER BY i.id LIMIT p_most;
  END IF;
END $$;
