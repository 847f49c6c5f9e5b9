-- How much work waits: {"waiting": tasks that no worker has, "age": seconds that the oldest ready one has waited}.
-- As published by a worker; where none has done so lately it is counted here, no further than p_limit in each lane.
CREATE FUNCTION queue_pressure(p_limit bigint) RETURNS jsonb
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = imgfilter, pg_temp AS $$
DECLARE
  v_waiting bigint;
  v_oldest  timestamptz;
BEGIN
  SELECT fast_waiting + slow_waiting, least(fast_oldest, slow_oldest) INTO v_waiting, v_oldest
    FROM queue_state WHERE published_at > now() - queue_state_life();
  IF NOT FOUND THEN
    SELECT fast.waiting + slow.waiting, least(fast.oldest, slow.oldest) INTO v_waiting, v_oldest
      FROM waiting_in('{fast}', p_limit) AS fast, waiting_in('{slow,quarantine}', p_limit) AS slow;
  END IF;
  RETURN jsonb_build_object('waiting', v_waiting,
                            'age', coalesce(greatest(extract(epoch FROM now() - v_oldest), 0), 0));
END $$;
