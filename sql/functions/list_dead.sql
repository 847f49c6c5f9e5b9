-- What the service gave up on, the last first: those of these numbers or all (NULL), of a code or any. At most p_limit;
-- NULL: all. `task` is the task, or the one that a delivery tells of; `redrive` says whether it can be put back:
-- 'possible', or why not (see redrive).
CREATE FUNCTION list_dead(p_ids bigint[], p_code text, p_limit integer) RETURNS SETOF jsonb
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = imgfilter, pg_temp AS $$
BEGIN
  RETURN QUERY
    SELECT jsonb_strip_nulls(jsonb_build_object(
             'id', d.id, 'lane', lane_name(d.lane), 'code', d.code, 'detail', d.detail, 'attempts', d.attempts,
             'died_at', utc(d.died_at), 'task', coalesce(t.id, d.ref), 'owner', t.owner,
             'delivery', v.id, 'event', v.event, 'target', v.target,
             'redrive', CASE WHEN t IS NULL OR v.status <> 'failed' THEN 'unknown'
                             WHEN v.id IS NULL THEN coalesce(requeue_refusal(t), 'possible') ELSE 'possible' END))
      FROM dead d
      LEFT JOIN delivery v ON v.id = d.ref AND is_of_deliveries(d.lane)
      LEFT JOIN task t ON t.id = coalesce(v.task_id, d.ref)
     WHERE (p_ids IS NULL OR d.id = ANY (p_ids)) AND (p_code IS NULL OR d.code = p_code)
     ORDER BY d.died_at DESC, d.id DESC LIMIT p_limit;
END $$;
