-- Ends a task: results, links and outbox in one transaction. p_results has an element for each chain, in order:
--   {"status":"done", "object_key", "format", "width", "height", "bytes", "sha256", "filename"}, or
--   {"status":"failed", "error":{"code", "detail"}} for a chain that this image was refused.
-- The task is done when every chain is, and failed when one is. False when the lease is no longer this worker's:
-- then nothing was changed and the objects belong to no one.
CREATE FUNCTION complete(p_worker integer, p_queue bigint, p_lease bigint, p_results jsonb, p_life interval)
RETURNS boolean
LANGUAGE plpgsql SECURITY DEFINER SET search_path = imgfilter, pg_temp AS $$
DECLARE
  v_task uuid;
  v_end  timestamptz;
BEGIN
  SELECT ref INTO v_task FROM held(p_worker, p_queue, p_lease);
  IF NOT FOUND THEN RETURN false; END IF;
  DELETE FROM queue WHERE id = p_queue;

  SELECT link_end(spec, p_life) INTO STRICT v_end
    FROM task WHERE id = v_task AND jsonb_array_length(spec -> 'filters') = jsonb_array_length(p_results);

  INSERT INTO link (task_id, n, object_key, format, width, height, bytes, sha256, filename, expires_at)
  SELECT v_task, r.ord - 1, r.v ->> 'object_key', r.v ->> 'format', (r.v ->> 'width')::integer,
         (r.v ->> 'height')::integer, (r.v ->> 'bytes')::bigint, decode(r.v ->> 'sha256', 'hex'), r.v ->> 'filename', v_end
    FROM jsonb_array_elements(p_results) WITH ORDINALITY AS r(v, ord)
   WHERE r.v ->> 'status' = 'done';
  IF NOT FOUND THEN v_end := NULL; END IF;

  PERFORM finish_task(v_task, v_end, (
    SELECT jsonb_object_agg(r.ord - 1, r.v -> 'error')
      FROM jsonb_array_elements(p_results) WITH ORDINALITY AS r(v, ord)
     WHERE r.v ->> 'status' = 'failed'));
  RETURN true;
END $$;
