-- Deliveries as their operator reads them, the last first: of an owner, in a status, by a channel, of a task, or all (NULL).
-- At most p_limit; NULL: all.
CREATE FUNCTION list_deliveries(p_owner text, p_status text, p_channel text, p_task uuid, p_limit integer) RETURNS SETOF jsonb
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = imgfilter, pg_temp SET plan_cache_mode = force_custom_plan AS $$
BEGIN
  RETURN QUERY
    SELECT delivery_line(d, q) || jsonb_build_object('owner', d.owner)
      FROM delivery d LEFT JOIN queue q ON q.id = d.queue_id
     WHERE (p_owner IS NULL OR d.owner = p_owner) AND (p_status IS NULL OR d.status = p_status)
       AND (p_channel IS NULL OR d.channel = p_channel) AND (p_task IS NULL OR d.task_id = p_task)
     ORDER BY d.created_at DESC, d.id DESC LIMIT p_limit;
END $$;
