-- Makes a request's Idempotency-Key stand for its task. Raises IF015 if another request was quicker: it waits for that
-- one's commit, so asking again finds its task.
CREATE FUNCTION claim_idempotency(p_request jsonb) RETURNS void
LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO idempotency AS i (account, key, fingerprint, task_id)
  VALUES (idempotency_account(p_request), p_request #>> '{idempotency,key}',
          decode(p_request #>> '{idempotency,fingerprint}', 'hex'), (p_request ->> 'task')::uuid)
  ON CONFLICT (account, key) DO UPDATE
     SET fingerprint = excluded.fingerprint, task_id = excluded.task_id, created_at = excluded.created_at
   WHERE i.created_at <= now() - idempotency_life();
  IF NOT FOUND THEN
    RAISE EXCEPTION 'imgfilter idempotency: in use' USING ERRCODE = 'IF015';
  END IF;
END $$;
