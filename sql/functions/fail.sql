-- A try of a task went wrong. Permanent: the task has failed with this reason. Otherwise it is tried again after a
-- pause that doubles from p_base up to p_cap, give or take half, until its attempts are used up.
-- Returns 'failed', 'retry', 'dead' (attempts used up) or 'stale' (no longer this worker's; nothing was changed).
CREATE FUNCTION fail(p_worker integer, p_queue bigint, p_lease bigint, p_code text, p_detail text, p_permanent boolean,
                     p_base interval, p_cap interval)
RETURNS text
LANGUAGE plpgsql SECURITY DEFINER SET search_path = imgfilter, pg_temp AS $$
DECLARE
  v_row queue;
BEGIN
  SELECT * INTO v_row FROM held(p_worker, p_queue, p_lease);
  IF NOT FOUND THEN RETURN 'stale'; END IF;
  IF p_permanent THEN
    DELETE FROM queue WHERE id = p_queue;
    PERFORM fail_task(v_row.ref, p_code, p_detail);
    RETURN 'failed';
  END IF;
  IF v_row.attempts >= v_row.max_attempts THEN
    PERFORM give_up(v_row, p_code, p_detail);
    RETURN 'dead';
  END IF;
  PERFORM put_back(v_row, now() + least(p_cap, p_base * power(2, v_row.attempts - 1)) * (0.5 + random()), v_row.attempts);
  RETURN 'retry';
END $$;
