-- Gives leases back on a clean shutdown: the rows keep their place and get their attempt back. The only way an attempt
-- ever goes down. Returns how many were still this worker's.
CREATE FUNCTION release(p_worker integer, p_leases bigint[]) RETURNS bigint
LANGUAGE plpgsql SECURITY DEFINER SET search_path = imgfilter, pg_temp AS $$
DECLARE
  v_row   queue;
  v_count bigint := 0;
BEGIN
  FOR v_row IN SELECT * FROM queue WHERE worker_id = p_worker AND lease = ANY (p_leases) ORDER BY id FOR UPDATE LOOP
    PERFORM put_back(v_row, v_row.run_at, greatest(0, v_row.attempts - 1));
    v_count := v_count + 1;
  END LOOP;
  RETURN v_count;
END $$;
