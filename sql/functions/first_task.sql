-- The task that a request's Idempotency-Key already stands for, as the API shows it; NULL if there is none. Raises IF014
-- if that was another image or had other options.
CREATE FUNCTION first_task(p_request jsonb) RETURNS jsonb
LANGUAGE plpgsql STABLE AS $$
DECLARE
  v_first idempotency;
BEGIN
  SELECT * INTO v_first FROM idempotency
   WHERE account = idempotency_account(p_request) AND key = p_request #>> '{idempotency,key}'
     AND created_at > now() - idempotency_life();
  IF v_first.fingerprint <> decode(p_request #>> '{idempotency,fingerprint}', 'hex') THEN
    RAISE EXCEPTION 'imgfilter idempotency: reused' USING ERRCODE = 'IF014';
  END IF;
  RETURN task_view(v_first.task_id);
END $$;
