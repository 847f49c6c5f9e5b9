-- Counts what waits, up to p_limit tasks in each lane, and writes it down for all, unless that was done within
-- p_every or is just being done. Any worker may call it. Says whether this call did it. What a crash takes of it is
-- written anew a second later, so nobody waits for the disk.
CREATE FUNCTION publish_queue_state(p_every interval, p_limit bigint) RETURNS boolean
LANGUAGE plpgsql SECURITY DEFINER SET search_path = imgfilter, pg_temp AS $$
BEGIN
  IF EXISTS (SELECT FROM queue_state WHERE published_at > now() - p_every)
     OR NOT pg_try_advisory_xact_lock(hashtext('imgfilter.queue_state')) THEN
    RETURN false;
  END IF;
  PERFORM set_config('synchronous_commit', 'off', true);
  UPDATE queue_state
     SET fast_waiting = fast.waiting, fast_oldest = fast.oldest, slow_waiting = slow.waiting, slow_oldest = slow.oldest,
         published_at = now()
    FROM waiting_in('{fast}', p_limit) AS fast, waiting_in('{slow,quarantine}', p_limit) AS slow
   WHERE published_at <= now() - p_every;
  RETURN FOUND;
END $$;
