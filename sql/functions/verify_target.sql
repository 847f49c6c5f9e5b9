-- Verifies a target by the code that was sent there. Returns {"verified": true}, also where it was before; or {"refused": …}:
-- wrong; expired, which is half an hour after it was sent, or when there is none; tries, after 5 that were wrong; disabled.
-- NULL: the owner has none of this id.
CREATE FUNCTION verify_target(p_owner text, p_target uuid, p_code text) RETURNS jsonb
LANGUAGE plpgsql SECURITY DEFINER SET search_path = imgfilter, pg_temp AS $$
DECLARE
  v_target target := locked_target(p_owner, p_target);
BEGIN
  IF v_target.id IS NULL THEN RETURN NULL; END IF;
  IF v_target.status = 'disabled' THEN RETURN '{"refused": "disabled"}'; END IF;
  IF v_target.status = 'active' THEN RETURN '{"verified": true}'; END IF;
  IF v_target.code_until IS NULL OR v_target.code_until <= now() THEN RETURN '{"refused": "expired"}'; END IF;
  IF v_target.code_tries >= 5 THEN RETURN '{"refused": "tries"}'; END IF;
  IF v_target.code_sha256 IS DISTINCT FROM code_digest(p_target, coalesce(p_code, '')) THEN
    UPDATE target SET code_tries = code_tries + 1 WHERE id = p_target;
    RETURN '{"refused": "wrong"}';
  END IF;
  UPDATE target SET status = 'active', verified_at = now(), code_sha256 = NULL, code_until = NULL, failing_since = NULL
   WHERE id = p_target;
  PERFORM end_waiting(p_target, 'code_void');
  RETURN '{"verified": true}';
END $$;
