-- Makes a leased row ready again at a given time, in the lane that p_row says, and its task, if it is one, queued.
CREATE FUNCTION put_back(p_row queue, p_run_at timestamptz, p_attempts integer) RETURNS void
LANGUAGE plpgsql AS $$
BEGIN
  UPDATE queue SET worker_id = NULL, lease_until = NULL, run_at = p_run_at, attempts = p_attempts, lane = p_row.lane
   WHERE id = p_row.id;
  UPDATE task SET status = 'queued', version = version + 1 WHERE id = p_row.ref AND status = 'processing';
END $$;
