-- Strikes a worker off and gives back what it still holds: a clean end, which costs its tasks no attempt.
-- Returns how many were given back.
CREATE FUNCTION worker_stop(p_worker integer) RETURNS bigint
LANGUAGE plpgsql SECURITY DEFINER SET search_path = imgfilter, pg_temp AS $$
DECLARE
  v_released bigint;
BEGIN
  v_released := release(p_worker, ARRAY(SELECT lease FROM queue WHERE worker_id = p_worker));
  DELETE FROM worker WHERE id = p_worker;
  RETURN v_released;
END $$;
