-- Counts what workers tell of the service as a whole (see count_service), and writes it down for all, unless that was done
-- within p_every or is just being done. Any worker may call it. Says whether this call did it. As in publish_queue_state(),
-- nobody waits for the disk.
CREATE FUNCTION publish_service_state(p_every interval, p_limit bigint) RETURNS boolean
LANGUAGE plpgsql SECURITY DEFINER SET search_path = imgfilter, pg_temp AS $$
BEGIN
  IF EXISTS (SELECT FROM service_state WHERE published_at > now() - p_every)
     OR NOT pg_try_advisory_xact_lock(hashtext('imgfilter.service_state')) THEN
    RETURN false;
  END IF;
  PERFORM set_config('synchronous_commit', 'off', true);
  UPDATE service_state SET counted = count_service(p_limit), published_at = now() WHERE published_at <= now() - p_every;
  RETURN FOUND;
END $$;
