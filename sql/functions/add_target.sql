-- Enters one target of an owner, or changes it (see put_target). Raises as set_notifications does. Returns it.
CREATE FUNCTION add_target(p_owner text, p_target jsonb, p_limits jsonb) RETURNS jsonb
LANGUAGE plpgsql SECURITY DEFINER SET search_path = imgfilter, pg_temp AS $$
DECLARE
  v_target target;
BEGIN
  PERFORM lock_targets(p_owner);
  v_target := put_target(p_owner, p_target);
  PERFORM check_room(p_owner, p_limits);
  RETURN target_view(v_target);
END $$;
