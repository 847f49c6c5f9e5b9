-- Gives a delivery back untried, for p_pause: the attempt does not count. False when the lease is no longer this worker's.
-- p_away: its host does not answer. Then it waits the longer the older it is, so that what piles up for a dead host is not
-- claimed again and again. Waiting uses up no tries, but who has waited for five days since it was (last) put into the queue
-- is given up, as 'too_old'.
-- What an earlier claim had begun to send stays so: it may have arrived.
CREATE FUNCTION defer_delivery(p_worker integer, p_queue bigint, p_lease bigint, p_pause interval, p_away boolean DEFAULT false)
RETURNS boolean
LANGUAGE plpgsql SECURITY DEFINER SET search_path = imgfilter, pg_temp AS $$
DECLARE
  v_row queue;
  v_age interval;
BEGIN
  SELECT * INTO v_row FROM held(p_worker, p_queue, p_lease);
  IF NOT FOUND THEN RETURN false; END IF;
  SELECT now() - queued_at INTO v_age FROM delivery WHERE id = v_row.ref;
  IF v_age > interval '5 days' THEN
    PERFORM give_up(v_row, 'too_old', 'it could not be sent for five days');
  ELSE
    PERFORM put_back(v_row, now() + CASE WHEN p_away THEN greatest(p_pause, v_age / 10) ELSE p_pause END,
                     greatest(0, v_row.attempts - 1));
  END IF;
  RETURN true;
END $$;
