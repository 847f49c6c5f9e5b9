-- What lies in a lane: rows that are ready and that no worker has, rows whose time has not come (both counted up to
-- p_limit), since when the oldest of the ready waits (but for priority 3, see waiting_in), and the milliseconds of an engine
-- that the ready would take, by the average of the hundred oldest and the hundred newest of each priority.
-- All of it goes along one index, a range for each priority, as in take(). The plans are kept, and may have been made when
-- the tables were empty: no scan of the whole may be part of them.
CREATE FUNCTION lane_load(p_lane text, p_limit bigint, OUT ready bigint, OUT delayed bigint, OUT oldest timestamptz,
                          OUT cost_ms double precision)
LANGUAGE plpgsql STABLE SET plan_cache_mode = force_generic_plan SET enable_seqscan = off SET enable_bitmapscan = off
SET enable_hashjoin = off SET enable_mergejoin = off AS $$
DECLARE
  v_lane smallint := lane_number(p_lane);
BEGIN
  SELECT least(sum(r.ready), p_limit), least(sum(d.delayed), p_limit), min(r.oldest) FILTER (WHERE p.prio < 3),
         sum(r.ready * c.cost_ms)
    INTO ready, delayed, oldest, cost_ms
    FROM generate_series(0, 3) AS p(prio),
         LATERAL (SELECT count(*) AS ready, min(counted.run_at) AS oldest
                    FROM (SELECT q.run_at FROM queue q
                           WHERE q.worker_id IS NULL AND q.lane = v_lane AND q.prio = p.prio AND q.run_at <= now()
                           ORDER BY q.run_at LIMIT greatest(p_limit, 1)) AS counted) AS r,
         LATERAL (SELECT count(*) AS delayed
                    FROM (SELECT FROM queue q
                           WHERE q.worker_id IS NULL AND q.lane = v_lane AND q.prio = p.prio AND q.run_at > now()
                           ORDER BY q.run_at LIMIT greatest(p_limit, 1)) AS counted) AS d,
         LATERAL (SELECT coalesce(avg(t.cost_ms), 0) AS cost_ms
                    FROM ((SELECT q.ref FROM queue q
                            WHERE q.worker_id IS NULL AND q.lane = v_lane AND q.prio = p.prio AND q.run_at <= now()
                            ORDER BY q.run_at, q.id LIMIT 100)
                          UNION ALL
                          (SELECT q.ref FROM queue q
                            WHERE q.worker_id IS NULL AND q.lane = v_lane AND q.prio = p.prio AND q.run_at <= now()
                            ORDER BY q.run_at DESC, q.id DESC LIMIT 100)) AS sample
                    JOIN task t ON t.id = sample.ref) AS c;
END $$;
