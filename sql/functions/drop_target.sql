-- Removes a target, and ends what waits for it. The caller has locked the owner's targets.
CREATE FUNCTION drop_target(p_target uuid) RETURNS void
LANGUAGE plpgsql AS $$
BEGIN
  DELETE FROM target WHERE id = p_target;
  PERFORM end_waiting(p_target, 'target_removed');
END $$;
