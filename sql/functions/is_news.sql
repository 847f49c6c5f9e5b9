-- Whether what a try came to changes anything about its target (see note_outcome). False where it has none.
CREATE FUNCTION is_news(p_target target, p_outcome text) RETURNS boolean
LANGUAGE plpgsql STABLE AS $$
BEGIN
  IF p_target.id IS NULL OR p_target.status = 'disabled' THEN RETURN false; END IF;
  RETURN CASE p_outcome
    WHEN 'gone'      THEN true
    WHEN 'delivered' THEN p_target.failing_since IS NOT NULL
    WHEN 'retry'     THEN p_target.failing_since IS NULL OR has_failed_for_long(p_target)
    ELSE false END;
END $$;
