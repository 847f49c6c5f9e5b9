-- Takes an order: image, task and queue row in one transaction. Of an image that is kept ("kept": true) there is a row
-- already, and use_image decides whether it may be used. The caller has chosen the ids, so asking twice is harmless: the
-- second call changes nothing and answers with the same task. So does a call with other ids and the same Idempotency-Key
-- (see first_task). A task that was erased meanwhile is not made again: IF018. That is asked once its row is there, so that an
-- erasure that was under way has ended. Nor is one whose end is to be told where its owner may not be (see check_addresses).
-- Its place in the queue is decided here once: lane and memory (MiB) are the edge's estimate, the priority see prio_of,
-- and it may start after spec.delay seconds.
-- Whoever it counts for (see account_of) is charged once, and a quota that is passed refuses the whole (see charge).
-- NOTIFY is not sent from here: it would make every commit wait for every other. See announce().
CREATE FUNCTION submit_task(p_request jsonb) RETURNS jsonb
LANGUAGE plpgsql SECURITY DEFINER SET search_path = imgfilter, pg_temp AS $$
DECLARE
  v_task    uuid     := p_request ->> 'task';
  v_image   jsonb    := p_request -> 'image';
  v_spec    jsonb    := p_request -> 'spec';
  v_queue   bigint   := nextval('queue_id_seq');
  v_account text     := account_of(p_request);
  v_lane    smallint := lane_number(p_request ->> 'lane');
  v_memory  integer  := coalesce((p_request ->> 'memory')::integer, 64);
  v_prio    smallint := prio_of(v_account, v_spec);
  v_max     smallint := coalesce((p_request ->> 'max_attempts')::smallint, 5);
  v_keyed   boolean  := p_request #> '{idempotency,key}' IS NOT NULL;
  v_first   jsonb;
  v_new     boolean;
BEGIN
  IF v_keyed THEN
    v_first := first_task(p_request);
    IF v_first IS NOT NULL THEN RETURN v_first; END IF;
  END IF;

  IF (v_image ->> 'kept')::boolean THEN
    IF NOT EXISTS (SELECT FROM task WHERE id = v_task) THEN
      PERFORM use_image((v_image ->> 'id')::uuid, p_request ->> 'owner');
    END IF;
  ELSE
    INSERT INTO image (id, owner, sha256, format, width, height, frames, bytes, object_key, filename)
    VALUES ((v_image ->> 'id')::uuid, p_request ->> 'owner', decode(v_image ->> 'sha256', 'hex'), v_image ->> 'format',
            (v_image ->> 'width')::integer, (v_image ->> 'height')::integer, (v_image ->> 'frames')::integer,
            (v_image ->> 'bytes')::bigint, v_image ->> 'object_key', nullif(v_image ->> 'filename', ''))
    ON CONFLICT (id) DO NOTHING;
    v_new := FOUND;
  END IF;

  INSERT INTO task (id, image_id, owner, account, spec, cost_ms, lane, memory, queue_id, trace)
  VALUES (v_task, (v_image ->> 'id')::uuid, p_request ->> 'owner', v_account, v_spec,
          coalesce((p_request ->> 'cost_ms')::real, 0), v_lane, v_memory, v_queue, nullif(p_request -> 'trace', 'null'))
  ON CONFLICT (id) DO NOTHING;

  IF FOUND THEN
    IF EXISTS (SELECT FROM erased_task WHERE task_id = v_task) THEN
      RAISE EXCEPTION 'imgfilter task: erased' USING ERRCODE = 'IF018';
    END IF;
    INSERT INTO queue (id, ref, run_at, lane, prio, memory, max_attempts)
    VALUES (v_queue, v_task, now() + coalesce((v_spec ->> 'delay')::integer, 0) * interval '1 second', v_lane, v_prio,
            v_memory, v_max);
    IF v_spec ->> 'email' IS NOT NULL OR v_spec ->> 'sms' IS NOT NULL THEN
      PERFORM check_addresses(p_request ->> 'owner', v_spec);
    END IF;
    IF v_keyed THEN
      PERFORM claim_idempotency(p_request);
    END IF;
    -- last, because it locks the account's row until the commit
    IF v_account IS NOT NULL THEN
      PERFORM charge(v_account, p_request);
    END IF;
    -- most calls end here
    IF v_new THEN
      RETURN view_of_new(p_request);
    END IF;
  END IF;
  RETURN (SELECT view_of(t) FROM task t WHERE t.id = v_task);
END $$;
