-- Claims up to p_limit deliveries of a channel. `body` is NULL until the first sending; `task` is the view to render it
-- from, NULL where it is of no task, and `details` then says what it is about. `event_at` is when the event happened, RFC
-- 3339. `secret_numbers` see secret_numbers(). `begun`: an earlier claim had begun to send it (see begin_delivery).
-- `trace` is its task's.
-- What is not to be sent any more (see delivery_refusal) ends here and is not returned; what is of no delivery is deleted.
-- Where that was all, the next are taken, until a thousand have ended, for all of it is one transaction. Then one row that is all
-- NULL says that there may be more; no row says that nothing is due.
-- Statements of their own, as in claim().
CREATE FUNCTION claim_deliveries(p_worker integer, p_channel text, p_limit integer, p_lease interval)
RETURNS TABLE (queue_id bigint, lease bigint, attempts smallint, delivery uuid, event text, event_at text, target text,
               body bytea, task jsonb, channel text, target_id uuid, keys jsonb, owner text, details jsonb,
               secret_numbers integer[], begun boolean, trace jsonb)
LANGUAGE plpgsql ROWS 10 SECURITY DEFINER SET search_path = imgfilter, pg_temp SET enable_seqscan = off AS $$
#variable_conflict use_column
DECLARE
  v_taken queue[];
  v_left  integer;
  v_ended integer := 0;
  v_void  record;
BEGIN
  LOOP
    v_taken := ARRAY(SELECT t FROM take(p_worker, p_channel, p_limit, NULL, NULL, p_lease, NULL) AS t);
    IF v_taken = '{}' THEN RETURN; END IF;
    v_left := cardinality(v_taken);
    FOR v_void IN
      SELECT q.id, d.id AS delivery, delivery_refusal(d, g) AS reason
        FROM unnest(v_taken) q LEFT JOIN delivery d ON d.id = q.ref AND d.queue_id = q.id LEFT JOIN target g ON g.id = d.target_id
       WHERE d.id IS NULL OR d.target_id IS NOT NULL AND delivery_refusal(d, g) IS NOT NULL
    LOOP
      DELETE FROM queue q WHERE q.id = v_void.id;
      PERFORM end_delivery(v_void.delivery, 'failed', v_void.reason);
      v_left := v_left - 1;
      v_ended := v_ended + 1;
    END LOOP;
    EXIT WHEN v_left > 0;
    IF v_ended >= 1000 THEN
      RETURN NEXT;
      RETURN;
    END IF;
  END LOOP;

  RETURN QUERY
    SELECT q.id, q.lease, q.attempts, d.id, d.event, utc(d.created_at), d.target, d.body, view_of(t), d.channel,
           d.target_id, CASE WHEN d.channel = 'push' THEN coalesce(g.keys, t.spec #> '{push,keys}') END, d.owner, d.details,
           secret_numbers(g), d.status = 'sending', t.trace
      FROM unnest(v_taken) q
      JOIN delivery d ON d.id = q.ref
      LEFT JOIN task t ON t.id = d.task_id
      LEFT JOIN target g ON g.id = d.target_id
     WHERE d.queue_id = q.id
     ORDER BY q.prio, q.run_at, q.id;
END $$;
