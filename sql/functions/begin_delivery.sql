-- Notes that a delivery is about to be sent, by a channel that must not send twice: whoever claims it again learns of it.
-- To be committed before the first byte. False when the lease is no longer this worker's: then it must not be sent.
CREATE FUNCTION begin_delivery(p_worker integer, p_queue bigint, p_lease bigint) RETURNS boolean
LANGUAGE plpgsql SECURITY DEFINER SET search_path = imgfilter, pg_temp AS $$
BEGIN
  UPDATE delivery SET status = 'sending' WHERE id = (SELECT ref FROM held(p_worker, p_queue, p_lease));
  RETURN FOUND;
END $$;
