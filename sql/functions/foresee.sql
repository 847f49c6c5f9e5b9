-- What submit_task would answer to this request now, if it would not make a task: the task of this id, or the one that
-- its Idempotency-Key stands for, or an error about that, an address or a quota, or because the task was erased. NULL: it would
-- make one.
-- Asked before the original is stored, so that what is not taken does not fill the store; it promises nothing.
CREATE FUNCTION foresee(p_request jsonb) RETURNS jsonb
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = imgfilter, pg_temp AS $$
DECLARE
  -- the task itself may be there, if an answer about it was lost: its quota was counted then
  v_first jsonb := coalesce(task_view((p_request ->> 'task')::uuid), first_task(p_request));
BEGIN
  IF v_first ? 'erased' THEN
    RAISE EXCEPTION 'imgfilter task: erased' USING ERRCODE = 'IF018';
  END IF;
  IF v_first IS NULL THEN
    PERFORM check_addresses(p_request ->> 'owner', p_request -> 'spec');
    PERFORM check_quota(p_request);
  END IF;
  RETURN v_first;
END $$;
