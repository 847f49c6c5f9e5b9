-- The image of this id, if this owner ('' or NULL: nobody) may have it filtered again: one of an owner belongs to its
-- owner alone, and of one that was uploaded without a key the id, 74 random bits, is the right to it.
CREATE FUNCTION kept_image(p_image uuid, p_owner text) RETURNS SETOF image
LANGUAGE sql STABLE AS $$
  SELECT * FROM image WHERE id = p_image AND (owner IS NULL OR owner = p_owner)
$$;
