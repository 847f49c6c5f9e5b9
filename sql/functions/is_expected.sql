-- Whether the store must still have the object of this link or original: it may have ended since expected_objects told it.
CREATE FUNCTION is_expected(p_kind text, p_id uuid) RETURNS boolean
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = imgfilter, pg_temp AS $$
BEGIN
  IF p_kind = 'link' THEN
    RETURN EXISTS (SELECT FROM link WHERE id = p_id AND expires_at > clock() AND revoked_at IS NULL AND deleting_until IS NULL);
  END IF;
  RETURN EXISTS (SELECT FROM image WHERE id = p_id AND removed_at IS NULL AND deleting_until IS NULL);
END $$;
