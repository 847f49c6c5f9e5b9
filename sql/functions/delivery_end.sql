-- What has become of a delivery on which a process's lease is no longer its own: 'erased', and nobody wants it any more; what
-- finish_delivery said, 'delivered', 'retry', 'failed' or 'unknown', where the try under this lease is recorded and only the
-- answer was lost; 'lost': it went on, or ended, without this process.
CREATE FUNCTION delivery_end(p_delivery uuid, p_lease bigint) RETURNS text
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = imgfilter, pg_temp AS $$
DECLARE
  v_status text;
BEGIN
  SELECT status INTO v_status FROM delivery WHERE id = p_delivery;
  RETURN CASE WHEN v_status IS NULL THEN 'erased'
              WHEN NOT EXISTS (SELECT FROM attempt WHERE delivery_id = p_delivery AND lease = p_lease) THEN 'lost'
              WHEN v_status IN ('pending', 'sending') THEN 'retry'
              ELSE v_status END;
END $$;
