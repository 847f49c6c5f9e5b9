-- The numbers of a webhook's secrets that sign now, the newest first: for a day after a rotation also the one before.
-- Empty where there is no target: then the service's own secret signs.
CREATE FUNCTION secret_numbers(p_target target) RETURNS integer[]
LANGUAGE plpgsql STABLE AS $$
BEGIN
  IF p_target.id IS NULL THEN RETURN '{}'; END IF;
  IF p_target.rotated_at > now() - interval '24 hours' THEN
    RETURN ARRAY[p_target.secret_number, p_target.secret_number - 1];
  END IF;
  RETURN ARRAY[p_target.secret_number];
END $$;
