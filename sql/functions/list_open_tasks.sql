-- Tasks that have not ended, in the order in which they are claimed: in a lane or all (NULL), in a state (queued,
-- delayed, which are those of them that may not start yet, processing) or all, of an owner or all. At most p_limit;
-- NULL: all.
CREATE FUNCTION list_open_tasks(p_lane text, p_state text, p_owner text, p_limit integer) RETURNS SETOF jsonb
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = imgfilter, pg_temp SET plan_cache_mode = force_custom_plan AS $$
BEGIN
  RETURN QUERY
    SELECT task_line(t, q) FROM queue q JOIN task t ON t.id = q.ref
     WHERE (p_lane IS NULL OR q.lane = lane_number(p_lane)) AND (p_owner IS NULL OR t.owner = p_owner)
       AND (p_state IS NULL OR p_state = 'processing' AND q.worker_id IS NOT NULL
            OR p_state = 'queued' AND q.worker_id IS NULL
            OR p_state = 'delayed' AND q.worker_id IS NULL AND q.run_at > now())
     ORDER BY q.lane, q.prio, q.run_at, q.id LIMIT p_limit;
END $$;
