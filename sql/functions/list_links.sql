-- Links, the last made first: these or all (NULL), of an owner or all, of a task or all. At most p_limit; NULL: all.
CREATE FUNCTION list_links(p_links uuid[], p_owner text, p_task uuid, p_limit integer) RETURNS SETOF jsonb
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = imgfilter, pg_temp SET plan_cache_mode = force_custom_plan AS $$
BEGIN
  RETURN QUERY
    SELECT link_line(l, t) FROM link l JOIN task t ON t.id = l.task_id
     WHERE (p_links IS NULL OR l.id = ANY (p_links)) AND (p_owner IS NULL OR t.owner = p_owner)
       AND (p_task IS NULL OR l.task_id = p_task)
     ORDER BY l.created_at DESC, l.task_id, l.n LIMIT p_limit;
END $$;
