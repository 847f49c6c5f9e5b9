-- The queue at a glance, for its operator: for each lane how many rows wait, wait for their time, and are being worked
-- on, for how many seconds the oldest that is ready has waited, and how many lie with the dead. Counts everything there
-- is: not for the edge, which has queue_pressure().
CREATE FUNCTION queue_status() RETURNS SETOF jsonb
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = imgfilter, pg_temp AS $$
  SELECT jsonb_build_object(
           'lane', lane, 'waiting', coalesce(q.waiting, 0), 'delayed', coalesce(q.delayed, 0),
           'running', coalesce(q.running, 0), 'oldest', coalesce(floor(extract(epoch FROM now() - q.oldest)), 0),
           'dead', (SELECT count(*) FROM dead d WHERE d.lane = lane_number(l.lane)))
    FROM unnest(lane_names()) WITH ORDINALITY AS l(lane, ord)
    LEFT JOIN (SELECT lane AS number, count(*) FILTER (WHERE worker_id IS NULL AND run_at <= now()) AS waiting,
                      count(*) FILTER (WHERE worker_id IS NULL AND run_at > now()) AS delayed,
                      count(*) FILTER (WHERE worker_id IS NOT NULL) AS running,
                      min(run_at) FILTER (WHERE worker_id IS NULL AND run_at <= now()) AS oldest
                 FROM queue GROUP BY lane) AS q ON q.number = lane_number(l.lane)
   ORDER BY l.ord
$$;
