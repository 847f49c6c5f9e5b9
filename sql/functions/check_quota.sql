-- Raises if a request would use more than its quota allows (see enforce_quota).
CREATE FUNCTION check_quota(p_request jsonb) RETURNS void
LANGUAGE plpgsql STABLE AS $$
DECLARE
  v_account text := account_of(p_request);
  v_used    usage;
BEGIN
  SELECT r.account, r.day, r.requests + coalesce(u.requests, 0), r.bytes + coalesce(u.bytes, 0),
         r.megapixels + coalesce(u.megapixels, 0)
    INTO v_used
    FROM usage_of(v_account, p_request) AS r LEFT JOIN usage u USING (account, day);
  PERFORM enforce_quota(p_request -> 'quota', v_used,
                        CASE WHEN p_request #> '{quota,open_tasks}' IS NOT NULL THEN open_tasks(v_account) + 1 END);
END $$;
