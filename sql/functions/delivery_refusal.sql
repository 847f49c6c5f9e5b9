-- Why a delivery is not to be sent (any more): its target was removed or is disabled, or its code is no longer good. NULL:
-- it is to be sent. p_target is the target it has, all NULL where it has none.
CREATE FUNCTION delivery_refusal(p_delivery delivery, p_target target) RETURNS text
LANGUAGE plpgsql STABLE AS $$
BEGIN
  IF NOT p_delivery.to_target THEN RETURN NULL; END IF;
  IF p_target.id IS NULL THEN RETURN 'target_removed'; END IF;
  IF p_target.status = 'disabled' THEN RETURN 'target_disabled'; END IF;
  IF p_delivery.event = 'target.verify' THEN
    IF p_target.status = 'unverified' AND p_target.code_until > now()
       AND p_target.code_sha256 = code_digest(p_target.id, p_delivery.details ->> 'code') THEN
      RETURN NULL;
    END IF;
    RETURN 'code_void';
  END IF;
  IF p_target.status = 'unverified' THEN RETURN 'target_unverified'; END IF;
  RETURN NULL;
END $$;
