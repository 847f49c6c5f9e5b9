-- How many tasks of these image lanes are ready and no worker has, counted up to p_limit, and since when the oldest of
-- them waits (NULL: none does). Both go along one index, a range for each lane and priority, as in take().
-- What may not run yet does not wait: whoever asks for a delay is in nobody's way until it is over. And what lets all
-- others pass (priority 3) has no age, or the patience of one client would shut the door before the others.
CREATE FUNCTION waiting_in(p_lanes text[], p_limit bigint, OUT waiting bigint, OUT oldest timestamptz)
LANGUAGE sql STABLE AS $$
  SELECT coalesce(least(sum(ready.waiting), p_limit), 0)::bigint, min(ready.oldest) FILTER (WHERE p.prio < 3)
    FROM unnest(p_lanes) AS l(lane), generate_series(0, 3) AS p(prio),
         LATERAL (SELECT count(*) AS waiting, min(counted.run_at) AS oldest
                    FROM (SELECT q.run_at FROM queue q
                           WHERE q.worker_id IS NULL AND q.lane = lane_number(l.lane) AND q.prio = p.prio
                             AND q.run_at <= now()
                           ORDER BY q.run_at LIMIT greatest(p_limit, 1)) AS counted) AS ready
$$;
