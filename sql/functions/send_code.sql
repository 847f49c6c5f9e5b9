-- Sends another code to a target that is not verified. Returns {"sent": true, "until"}; {"verified": true} where none is
-- needed; {"refused": "disabled"}; NULL: the owner has none of this id. Raises IF021 for too many (see issue_code).
CREATE FUNCTION send_code(p_owner text, p_target uuid) RETURNS jsonb
LANGUAGE plpgsql SECURITY DEFINER SET search_path = imgfilter, pg_temp AS $$
DECLARE
  v_target target := locked_target(p_owner, p_target);
BEGIN
  IF v_target.id IS NULL THEN RETURN NULL; END IF;
  IF v_target.status = 'disabled' THEN RETURN '{"refused": "disabled"}'; END IF;
  IF v_target.status = 'active' THEN RETURN '{"verified": true}'; END IF;
  PERFORM issue_code(v_target);
  RETURN (SELECT jsonb_build_object('sent', true, 'until', utc(code_until)) FROM target WHERE id = p_target);
END $$;
