-- What has become of a task on which a worker's lease is no longer its own: 'canceled', or erased, and nobody wants the task any
-- more; 'done', 'failed' or 'expired': somebody has ended it, perhaps this worker, which was not told so; 'lost': it is open, and
-- the work goes on without this worker.
CREATE FUNCTION lease_end(p_task uuid) RETURNS text
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = imgfilter, pg_temp AS $$
BEGIN
  RETURN coalesce((SELECT CASE WHEN status IN ('queued', 'processing') THEN 'lost' ELSE status END FROM task WHERE id = p_task),
                  'canceled');
END $$;
