-- Ends a delivery whose row of the queue is gone: as 'delivered', 'failed' or 'unknown', and why, where no try says it. One
-- that had begun to be sent, and of which nobody knows that it has failed, may have arrived: it is unknown.
-- A code is forgotten: nobody needs it any more, and what is left tells the owner that one was sent. So is a letter that was
-- taken, which is large with its picture.
-- Returns how it ended.
CREATE FUNCTION end_delivery(p_delivery uuid, p_status text, p_reason text) RETURNS text
LANGUAGE plpgsql AS $$
DECLARE
  v_status text;
BEGIN
  UPDATE delivery
     SET status = CASE WHEN status = 'sending' AND p_status = 'failed' THEN 'unknown' ELSE p_status END,
         reason = p_reason, queue_id = NULL, finished_at = now(),
         body = CASE WHEN event <> 'target.verify' AND (channel <> 'email' OR p_status <> 'delivered') THEN body END, details = details - 'code'
   WHERE id = p_delivery
  RETURNING status INTO v_status;
  RETURN v_status;
END $$;
