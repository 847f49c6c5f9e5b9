-- The originals of an owner that are kept though no task speaks of them any more.
CREATE FUNCTION lone_images(p_owner text) RETURNS SETOF image
LANGUAGE sql STABLE AS $$
  SELECT i.* FROM image i
   WHERE i.removed_at IS NULL AND i.owner = p_owner AND NOT EXISTS (SELECT FROM task WHERE image_id = i.id)
$$;
