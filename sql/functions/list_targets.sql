-- Targets as their operator reads them: of an owner or all (NULL), in the order in which they were made. At most p_limit;
-- NULL: all.
CREATE FUNCTION list_targets(p_owner text DEFAULT NULL, p_limit integer DEFAULT NULL) RETURNS SETOF jsonb
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = imgfilter, pg_temp SET plan_cache_mode = force_custom_plan AS $$
BEGIN
  RETURN QUERY
    SELECT target_view(g) || jsonb_build_object(
             'owner', g.owner, 'disabled_at', utc(g.disabled_at), 'failing_since', utc(g.failing_since),
             'rotated_at', utc(g.rotated_at),
             'waiting', (SELECT count(*) FROM delivery d WHERE d.target_id = g.id AND d.queue_id IS NOT NULL))
      FROM target g WHERE p_owner IS NULL OR g.owner = p_owner
     ORDER BY g.owner, g.created_at, g.id LIMIT p_limit;
END $$;
