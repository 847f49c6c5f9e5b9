-- Ends a task (see complete_many). p_results has an element for each chain, in order:
--   {"status":"done", "object_key", "format", "width", "height", "bytes", "sha256", "filename"}, or
--   {"status":"failed", "error":{"code", "detail"}} for a chain that this image was refused.
-- The task is done when every chain is, and failed when one is. False when the lease is no longer this worker's:
-- then nothing was changed and the objects belong to no one.
CREATE FUNCTION complete(p_worker integer, p_queue bigint, p_lease bigint, p_results jsonb, p_life interval)
RETURNS boolean
LANGUAGE plpgsql SECURITY DEFINER SET search_path = imgfilter, pg_temp AS $$
BEGIN
  RETURN complete_many(ARRAY[p_worker], ARRAY[p_queue], ARRAY[p_lease], ARRAY[p_results], p_life) <> '{}';
END $$;
