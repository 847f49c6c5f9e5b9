-- A target of an owner, with all of the owner's locked (see lock_targets); all NULL if the owner has none of this id.
CREATE FUNCTION locked_target(p_owner text, p_target uuid) RETURNS target
LANGUAGE plpgsql AS $$
DECLARE
  v_target target;
BEGIN
  PERFORM lock_targets(p_owner);
  SELECT * INTO v_target FROM target WHERE id = p_target AND owner = p_owner;
  RETURN v_target;
END $$;
