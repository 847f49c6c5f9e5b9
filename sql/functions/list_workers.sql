-- The workers there are: since when, how many seconds ago each was heard of, what it holds, and whether it is to drain.
-- How many places it has is its own affair.
CREATE FUNCTION list_workers() RETURNS SETOF jsonb
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = imgfilter, pg_temp AS $$
  SELECT jsonb_build_object(
           'id', w.id, 'host', w.host, 'pid', w.pid, 'version', w.version, 'started_at', utc(w.started_at),
           'beat_age', round(extract(epoch FROM now() - w.beat_at), 1), 'draining', w.draining,
           'running', (SELECT count(*) FROM queue q WHERE q.worker_id = w.id))
    FROM worker w ORDER BY w.id
$$;
