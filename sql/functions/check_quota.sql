-- Raises what submit_task would raise about quotas if it were called with this request now. Asked before the original
-- is stored, so that a client beyond its quota does not fill the store; it promises nothing.
CREATE FUNCTION check_quota(p_request jsonb) RETURNS boolean
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = imgfilter, pg_temp AS $$
DECLARE
  v_account text := account_of(p_request);
  v_used    usage;
BEGIN
  SELECT r.account, r.day, r.requests + coalesce(u.requests, 0), r.bytes + coalesce(u.bytes, 0),
         r.megapixels + coalesce(u.megapixels, 0)
    INTO v_used
    FROM usage_of(v_account, p_request) AS r LEFT JOIN usage u USING (account, day);
  PERFORM enforce_quota(p_request -> 'quota', v_used, open_tasks(v_account) + 1);
  RETURN true;
END $$;
