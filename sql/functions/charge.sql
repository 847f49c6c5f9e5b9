-- Counts a request that was taken for its account, and raises (see enforce_quota) if that is more than its quota
-- allows: then nothing of the request stays.
CREATE FUNCTION charge(p_account text, p_request jsonb) RETURNS void
LANGUAGE plpgsql AS $$
DECLARE
  v_used usage;
BEGIN
  INSERT INTO usage AS u SELECT * FROM usage_of(p_account, p_request)
  ON CONFLICT (account, day) DO UPDATE
     SET requests = u.requests + excluded.requests, bytes = u.bytes + excluded.bytes,
         megapixels = u.megapixels + excluded.megapixels
  RETURNING u.* INTO v_used;
  -- Counted only where there is a limit, which also bounds what there is to count.
  PERFORM enforce_quota(p_request -> 'quota', v_used,
                        CASE WHEN p_request #> '{quota,open_tasks}' IS NOT NULL THEN open_tasks(p_account) END);
END $$;
