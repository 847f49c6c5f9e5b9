-- Disables a target and ends what waits for it. Its owner is told by e-mail, at each address that is verified; or where there
-- is none, by all other targets. The caller has locked the owner's targets (see lock_targets).
-- Somebody who never answered at an address is not the one to tell others of it.
CREATE FUNCTION disable_target(p_target target, p_reason text) RETURNS void
LANGUAGE plpgsql AS $$
DECLARE
  v_other   target;
  v_by_mail boolean;
BEGIN
  IF p_target.id IS NULL THEN RETURN; END IF;
  UPDATE target SET status = 'disabled', reason = p_reason, disabled_at = now() WHERE id = p_target.id;
  PERFORM end_waiting(p_target.id, 'target_disabled');
  IF p_target.status <> 'active' THEN RETURN; END IF;

  v_by_mail := EXISTS (SELECT FROM target WHERE owner = p_target.owner AND status = 'active' AND channel = 'email');
  FOR v_other IN
    SELECT * FROM target
     WHERE owner = p_target.owner AND status = 'active' AND (channel = 'email' OR NOT v_by_mail) ORDER BY created_at, id
  LOOP
    PERFORM enqueue_delivery(NULL, v_other.channel, 'target.disabled', v_other.address, p_target.owner, v_other.id,
      jsonb_build_object('channel', p_target.channel, 'address', p_target.address, 'reason', p_reason));
  END LOOP;
END $$;
