-- Keeps an original until the transaction has ended, and says whether it is there: a cleanup does not take what is
-- locked here, and finds the task that was made for it once it is not (see spent_originals). False if it is gone or is
-- going.
-- A lease of a cleanup that died counts for ever: its object may be erased already.
CREATE FUNCTION keep_original(p_image uuid) RETURNS boolean
LANGUAGE plpgsql AS $$
DECLARE
  v_image image;
BEGIN
  SELECT * INTO v_image FROM image WHERE id = p_image FOR SHARE;
  RETURN FOUND AND v_image.removed_at IS NULL AND v_image.deleting_until IS NULL;
END $$;
