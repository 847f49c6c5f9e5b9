-- Erases where an owner is told, and what was told to it or was to be and is of no task; the rest goes with its tasks. Returns
-- how many targets there were.
CREATE FUNCTION erase_notifications(p_owner text) RETURNS bigint
LANGUAGE plpgsql SECURITY DEFINER SET search_path = imgfilter, pg_temp AS $$
DECLARE
  v_deliveries uuid[];
  v_targets    bigint;
BEGIN
  PERFORM lock_targets(p_owner);
  DELETE FROM code_request WHERE owner = p_owner;
  WITH gone AS (DELETE FROM target WHERE owner = p_owner RETURNING 1)
  SELECT count(*) INTO v_targets FROM gone;
  v_deliveries := ARRAY(SELECT id FROM delivery WHERE owner = p_owner);
  -- rows of the queue are deleted before what they stand for
  DELETE FROM queue WHERE id IN (SELECT queue_id FROM delivery WHERE id = ANY (v_deliveries) AND queue_id IS NOT NULL);
  DELETE FROM dead WHERE ref = ANY (v_deliveries);
  DELETE FROM delivery WHERE id = ANY (v_deliveries);
  RETURN v_targets;
END $$;
