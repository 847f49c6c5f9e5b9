-- Why a worker's lease on a task is no longer its own: 'canceled', or erased, and nobody wants the task any more; or 'lost':
-- the work went on without this worker.
CREATE FUNCTION lease_end(p_task uuid) RETURNS text
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = imgfilter, pg_temp AS $$
BEGIN
  RETURN CASE WHEN EXISTS (SELECT FROM task WHERE id = p_task AND status <> 'canceled') THEN 'lost' ELSE 'canceled' END;
END $$;
