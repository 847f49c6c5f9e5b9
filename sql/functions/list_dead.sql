-- What the service gave up on, the last first: those of these numbers or all (NULL), of a code or any. At most p_limit;
-- NULL: all. `task` is the task, or the one that a delivery tells of (NULL: of none); `redrive` says whether it can be put back:
-- 'possible', or why not (see redrive).
CREATE FUNCTION list_dead(p_ids bigint[], p_code text, p_limit integer) RETURNS SETOF jsonb
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = imgfilter, pg_temp AS $$
BEGIN
  RETURN QUERY
    SELECT jsonb_strip_nulls(jsonb_build_object(
             'id', d.id, 'lane', lane_name(d.lane), 'code', d.code, 'detail', d.detail, 'attempts', d.attempts,
             'died_at', utc(d.died_at), 'owner', coalesce(v.owner, t.owner),
             'task', CASE WHEN is_of_deliveries(d.lane) THEN t.id ELSE d.ref END,
             'delivery', v.id, 'event', v.event, 'target', v.target,
             'redrive', CASE WHEN NOT is_of_deliveries(d.lane) THEN
                                  CASE WHEN t IS NULL THEN 'unknown' ELSE coalesce(requeue_refusal(t), 'possible') END
                             WHEN v.status = 'failed' AND replay_refusal(v) IS NULL THEN 'possible'
                             ELSE 'unknown' END))
      FROM dead d
      LEFT JOIN delivery v ON v.id = d.ref AND is_of_deliveries(d.lane)
      LEFT JOIN task t ON t.id = coalesce(v.task_id, d.ref)
     WHERE (p_ids IS NULL OR d.id = ANY (p_ids)) AND (p_code IS NULL OR d.code = p_code)
     ORDER BY d.died_at DESC, d.id DESC LIMIT p_limit;
END $$;
