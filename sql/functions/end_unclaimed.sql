-- Ends up to p_limit deliveries that have been due for p_life and that nobody has claimed: their channel is switched off.
-- Returns how many. They are not among the dead: nobody has tried.
CREATE FUNCTION end_unclaimed(p_life interval, p_limit integer) RETURNS bigint
LANGUAGE plpgsql SET enable_seqscan = off AS $$
DECLARE
  v_delivery uuid;
  v_ended    bigint := 0;
BEGIN
  FOR v_delivery IN
    DELETE FROM queue WHERE id = ANY (ARRAY(
      SELECT id FROM queue WHERE worker_id IS NULL AND is_of_deliveries(lane) AND run_at < now() - p_life
       LIMIT p_limit FOR UPDATE SKIP LOCKED))
    RETURNING ref
  LOOP
    PERFORM end_delivery(v_delivery, 'failed', 'too_old');
    v_ended := v_ended + 1;
  END LOOP;
  RETURN v_ended;
END $$;
