-- Makes sure that a kept original stays until the transaction has ended, so that a task made in it has one: a cleanup
-- does not take what is locked here, and finds the task once it is not (see spent_originals). Raises IF016 if the
-- original is gone or is going, and IF017 if this owner may not know of the image (see kept_image).
-- A lease of a cleanup that died counts for ever: its object may be erased already.
CREATE FUNCTION use_image(p_image uuid, p_owner text) RETURNS void
LANGUAGE plpgsql AS $$
DECLARE
  v_image image;
BEGIN
  SELECT i.* INTO v_image FROM image i
   WHERE i.id = (SELECT id FROM kept_image(p_image, p_owner)) FOR SHARE;
  IF NOT FOUND THEN
    RAISE EXCEPTION 'imgfilter image: unknown' USING ERRCODE = 'IF017';
  END IF;
  IF v_image.removed_at IS NOT NULL OR v_image.deleting_until IS NOT NULL THEN
    RAISE EXCEPTION 'imgfilter image: gone' USING ERRCODE = 'IF016';
  END IF;
END $$;
