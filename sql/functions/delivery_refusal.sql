-- Why a delivery is not to be sent (any more): its target was removed, is disabled or not verified yet, or its code is no
-- longer good. NULL: it is to be sent. p_target is the target that it is for, all NULL where there is none.
CREATE FUNCTION delivery_refusal(p_delivery delivery, p_target target) RETURNS text
LANGUAGE plpgsql STABLE AS $$
BEGIN
  IF p_delivery.target_id IS NULL THEN RETURN NULL; END IF;
  IF p_target.id IS NULL THEN RETURN 'target_removed'; END IF;
  IF p_target.status = 'disabled' THEN RETURN 'target_disabled'; END IF;
  IF p_delivery.event = 'target.verify' THEN
    RETURN CASE WHEN p_target.code_sha256 = code_digest(p_target.id, p_delivery.details ->> 'code')
                 AND p_target.code_until > now() THEN NULL ELSE 'code_void' END;
  END IF;
  RETURN CASE p_target.status WHEN 'unverified' THEN 'target_unverified' END;
END $$;
