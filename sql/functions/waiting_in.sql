-- How many tasks of these image lanes are ready and no worker has, counted up to p_limit, and since when the oldest of
-- them waits (NULL: none does). Both go along one index, a range for each lane and priority, as in take().
-- What may not run yet does not wait: whoever asks for a delay is in nobody's way until it is over. And what lets all
-- others pass (priority 3) has no age, or the patience of one client would shut the door before the others.
CREATE FUNCTION waiting_in(p_lanes text[], p_limit bigint, OUT waiting bigint, OUT oldest timestamptz)
LANGUAGE sql STABLE AS $$
  WITH range AS (SELECT lane_number(l) AS lane, p.prio FROM unnest(p_lanes) AS l, generate_series(0, 3) AS p(prio))
  SELECT (SELECT count(*) FROM (SELECT FROM range r,
                                       LATERAL (SELECT FROM queue q
                                                 WHERE q.worker_id IS NULL AND q.lane = r.lane AND q.prio = r.prio
                                                   AND q.run_at <= now()) AS ready
                                 LIMIT p_limit) AS counted),
         (SELECT min(first.run_at)
            FROM range r,
                 LATERAL (SELECT q.run_at FROM queue q
                           WHERE q.worker_id IS NULL AND q.lane = r.lane AND q.prio = r.prio AND q.run_at <= now()
                           ORDER BY q.run_at LIMIT 1) AS first
           WHERE r.prio < 3)
$$;
