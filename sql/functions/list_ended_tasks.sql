-- Tasks that have ended, the last first: with a status (done, failed, canceled, expired), once in a lane or in any
-- (NULL), of an owner or all, within p_since or ever. At most p_limit; NULL: all.
CREATE FUNCTION list_ended_tasks(p_lane text, p_status text, p_owner text, p_since interval, p_limit integer)
RETURNS SETOF jsonb
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = imgfilter, pg_temp SET plan_cache_mode = force_custom_plan AS $$
BEGIN
  RETURN QUERY
    SELECT task_line(t, NULL) FROM task t
     WHERE t.finished_at > coalesce(now() - p_since, '-infinity') AND t.status = p_status
       AND (p_lane IS NULL OR t.lane = lane_number(p_lane)) AND (p_owner IS NULL OR t.owner = p_owner)
     ORDER BY t.finished_at DESC LIMIT p_limit;
END $$;
