-- Gives a webhook's target another secret; the one before signs too for a day (see secret_numbers). Asked twice within
-- seconds, as after an answer that was lost, it is one rotation: a second one would end the secret that its receiver knows. Returns the
-- target, as it was where its channel has no secrets; NULL: the owner has none of this id.
CREATE FUNCTION rotate_secret(p_owner text, p_target uuid) RETURNS jsonb
LANGUAGE plpgsql SECURITY DEFINER SET search_path = imgfilter, pg_temp AS $$
DECLARE
  v_target target := locked_target(p_owner, p_target);
BEGIN
  IF v_target.id IS NULL THEN RETURN NULL; END IF;
  IF v_target.channel = 'webhook' AND coalesce(v_target.rotated_at <= now() - interval '5 seconds', true) THEN
    UPDATE target SET secret_number = secret_number + 1, rotated_at = now() WHERE id = p_target RETURNING * INTO v_target;
  END IF;
  RETURN target_view(v_target);
END $$;
