-- Removes a target of an owner, and ends what waits for it. Returns what it was; NULL: the owner has none of this id.
CREATE FUNCTION remove_target(p_owner text, p_target uuid) RETURNS jsonb
LANGUAGE plpgsql SECURITY DEFINER SET search_path = imgfilter, pg_temp AS $$
DECLARE
  v_target target;
BEGIN
  v_target := locked_target(p_owner, p_target);
  IF v_target.id IS NULL THEN RETURN NULL; END IF;
  PERFORM drop_target(p_target);
  RETURN target_view(v_target);
END $$;
