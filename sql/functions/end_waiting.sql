-- Ends what waits to be sent to a target, with a reason. What is being sent just now ends by itself: see finish_delivery and
-- claim_deliveries, which look whether there is still somebody to tell. So nobody is waited for here; and a thousand at most
-- end here, for whoever calls has no time for more: claim_deliveries ends the rest.
CREATE FUNCTION end_waiting(p_target uuid, p_reason text) RETURNS void
LANGUAGE plpgsql SET enable_seqscan = off AS $$
DECLARE
  v_delivery uuid;
BEGIN
  FOR v_delivery IN
    DELETE FROM queue WHERE id = ANY (ARRAY(
      SELECT q.id FROM delivery d JOIN queue q ON q.id = d.queue_id
       WHERE d.target_id = p_target AND q.worker_id IS NULL LIMIT 1000 FOR UPDATE OF q SKIP LOCKED))
    RETURNING ref
  LOOP
    PERFORM end_delivery(v_delivery, 'failed', p_reason);
  END LOOP;
END $$;
