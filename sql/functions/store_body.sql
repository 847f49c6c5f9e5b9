-- Fixes the bytes of a delivery before they are first sent, and returns those that are fixed: another try may have
-- been first. NULL when the lease is no longer this worker's.
CREATE FUNCTION store_body(p_worker integer, p_queue bigint, p_lease bigint, p_body bytea) RETURNS bytea
LANGUAGE plpgsql SECURITY DEFINER SET search_path = imgfilter, pg_temp AS $$
DECLARE
  v_delivery uuid;
  v_body     bytea;
BEGIN
  SELECT ref INTO v_delivery FROM held(p_worker, p_queue, p_lease);
  IF NOT FOUND THEN RETURN NULL; END IF;
  UPDATE delivery SET body = coalesce(body, p_body) WHERE id = v_delivery RETURNING body INTO v_body;
  RETURN v_body;
END $$;
