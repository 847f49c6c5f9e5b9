-- Gives a delivery back untried, for p_pause: the attempt does not count. False when the lease is no longer this worker's.
-- What an earlier claim had begun to send stays so: it may have arrived.
CREATE FUNCTION defer_delivery(p_worker integer, p_queue bigint, p_lease bigint, p_pause interval) RETURNS boolean
LANGUAGE plpgsql SECURITY DEFINER SET search_path = imgfilter, pg_temp AS $$
DECLARE
  v_row queue;
BEGIN
  SELECT * INTO v_row FROM held(p_worker, p_queue, p_lease);
  IF NOT FOUND THEN RETURN false; END IF;
  PERFORM put_back(v_row, now() + p_pause, greatest(0, v_row.attempts - 1));
  RETURN true;
END $$;
