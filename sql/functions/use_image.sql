-- Makes sure that a kept original stays until the transaction has ended, so that a task made in it has one (see
-- keep_original). Raises IF016 if the original is gone or is going, and IF017 if this owner may not know of the image
-- (see kept_image).
CREATE FUNCTION use_image(p_image uuid, p_owner text) RETURNS void
LANGUAGE plpgsql AS $$
BEGIN
  IF NOT EXISTS (SELECT FROM kept_image(p_image, p_owner)) THEN
    RAISE EXCEPTION 'imgfilter image: unknown' USING ERRCODE = 'IF017';
  END IF;
  IF NOT keep_original(p_image) THEN
    RAISE EXCEPTION 'imgfilter image: gone' USING ERRCODE = 'IF016';
  END IF;
END $$;
