-- Whether nothing has arrived at a target for so long that it is to be disabled: longer than a delivery is tried, and than
-- a weekend.
CREATE FUNCTION has_failed_for_long(p_target target) RETURNS boolean
LANGUAGE plpgsql STABLE AS $$
BEGIN
  RETURN coalesce(p_target.failing_since < now() - interval '5 days', false);
END $$;
