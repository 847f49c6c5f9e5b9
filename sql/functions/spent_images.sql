-- Which originals nobody needs any more: all their tasks have ended, and the last one longer than p_life ago.
CREATE FUNCTION spent_images(p_life interval) RETURNS SETOF image
LANGUAGE sql STABLE AS $$
  SELECT i.* FROM image i
   WHERE i.removed_at IS NULL AND i.created_at < now() - p_life
     AND (i.deleting_until IS NULL OR i.deleting_until < now())
     AND NOT EXISTS (SELECT FROM task t
                      WHERE t.image_id = i.id AND (t.finished_at IS NULL OR t.finished_at > now() - p_life))
$$;
