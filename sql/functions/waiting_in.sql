-- How many tasks of an image lane no worker has, counted up to p_limit, and since when the oldest of those that are
-- ready to run waits (NULL: none is). Both go along one index; the oldest is asked for by priority, as in take().
CREATE FUNCTION waiting_in(p_lane text, p_limit bigint, OUT waiting bigint, OUT oldest timestamptz)
LANGUAGE sql STABLE AS $$
  SELECT (SELECT count(*) FROM (SELECT FROM queue q
                                 WHERE q.worker_id IS NULL AND q.lane = lane_number(p_lane) LIMIT p_limit) AS counted),
         (SELECT min(first.run_at)
            FROM generate_series(0, 3) AS p(prio),
                 LATERAL (SELECT q.run_at FROM queue q
                           WHERE q.worker_id IS NULL AND q.lane = lane_number(p_lane) AND q.prio = p.prio
                             AND q.run_at <= now()
                           ORDER BY q.run_at LIMIT 1) AS first)
$$;
