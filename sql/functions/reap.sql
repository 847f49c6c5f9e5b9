-- Takes back what dead workers hold: the lease has run out, or the worker has not been heard of for p_dead_after. Any
-- worker may call it; an advisory lock lets one at a time do it. Each row goes back after a short random pause with its
-- attempt counted, or to the dead when it has used them all up: an image that kills its worker every time must not live
-- for ever. Nobody knows which of the tasks it was, so all of them come back through the quarantine, where they are done
-- one at a time: the next crash then costs the guilty one its attempt, and not its neighbours. Returns (back, dead).
CREATE FUNCTION reap(p_dead_after interval, p_limit integer, OUT back bigint, OUT dead bigint)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = imgfilter, pg_temp AS $$
DECLARE
  v_row queue;
BEGIN
  back := 0; dead := 0;
  IF NOT pg_try_advisory_xact_lock(hashtext('imgfilter.reap')) THEN RETURN; END IF;
  FOR v_row IN
    SELECT q.* FROM queue q LEFT JOIN worker w ON w.id = q.worker_id
     WHERE q.worker_id IS NOT NULL
       AND (q.lease_until < now() OR w.id IS NULL OR w.beat_at < now() - p_dead_after)
     ORDER BY q.lease_until
     LIMIT p_limit
       FOR UPDATE OF q SKIP LOCKED
  LOOP
    IF v_row.attempts >= v_row.max_attempts THEN
      PERFORM give_up(v_row, 'worker_lost', format('the work was begun %s times and never ended', v_row.attempts));
      dead := dead + 1;
    ELSE
      IF NOT is_of_deliveries(v_row.lane) THEN v_row.lane := lane_number('quarantine'); END IF;
      PERFORM put_back(v_row, now() + interval '1 second' * power(2, least(v_row.attempts, 6) - 1) * random(), v_row.attempts);
      back := back + 1;
    END IF;
  END LOOP;
  DELETE FROM worker w
   WHERE w.beat_at < now() - p_dead_after AND NOT EXISTS (SELECT FROM queue q WHERE q.worker_id = w.id);
END $$;
