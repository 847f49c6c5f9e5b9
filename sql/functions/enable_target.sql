-- Makes a disabled target what it was before: active, or unverified where its address never was. Returns the target, also
-- where it is not disabled; NULL: the owner has none of this id.
CREATE FUNCTION enable_target(p_owner text, p_target uuid) RETURNS jsonb
LANGUAGE plpgsql SECURITY DEFINER SET search_path = imgfilter, pg_temp AS $$
DECLARE
  v_target target := locked_target(p_owner, p_target);
BEGIN
  IF v_target.id IS NULL THEN RETURN NULL; END IF;
  IF v_target.status = 'disabled' THEN
    UPDATE target
       SET status = CASE WHEN channel IN ('email', 'sms') AND verified_at IS NULL THEN 'unverified' ELSE 'active' END,
           reason = NULL, disabled_at = NULL, failing_since = NULL
     WHERE id = p_target
    RETURNING * INTO v_target;
  END IF;
  RETURN target_view(v_target);
END $$;
