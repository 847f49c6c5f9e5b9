-- GET /deliveries: what was told to an owner or is to be, the last first. p_filter: {"status", "task", "before", "limit"},
-- each may be missing; at most 100. The API always says how many, 50 if it is not asked; here it is 20. `before` is the
-- `next` of the page before: a time in microseconds and an id. Returns {"deliveries": [...], "next"}, without `next` on the
-- last page; {"refused": "before"} for one that was never a `next`.
CREATE FUNCTION deliveries_of(p_owner text, p_filter jsonb) RETURNS jsonb
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = imgfilter, pg_temp SET plan_cache_mode = force_custom_plan AS $$
DECLARE
  v_limit  integer := least(greatest(coalesce((p_filter ->> 'limit')::integer, 20), 1), 100);
  v_before text[]  := regexp_match(p_filter ->> 'before', '^(\d{1,18})-([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})$');
  v_at     timestamptz;
  v_lines  jsonb;
  v_next   text;
BEGIN
  IF p_filter ->> 'before' IS NOT NULL THEN
    IF v_before IS NULL THEN RETURN '{"refused": "before"}'; END IF;
    v_at := 'epoch'::timestamptz + v_before[1]::bigint * interval '1 microsecond';
  END IF;
  WITH page AS MATERIALIZED (
    SELECT d FROM delivery d
     WHERE d.owner = p_owner
       AND (p_filter ->> 'status' IS NULL OR d.status = p_filter ->> 'status')
       AND (p_filter ->> 'task' IS NULL OR d.task_id = (p_filter ->> 'task')::uuid)
       AND (v_at IS NULL OR (d.created_at, d.id) < (v_at, v_before[2]::uuid))
     ORDER BY d.created_at DESC, d.id DESC LIMIT v_limit + 1),
  shown AS MATERIALIZED (
    SELECT (d).*, d AS whole FROM page ORDER BY (d).created_at DESC, (d).id DESC LIMIT v_limit)
  SELECT coalesce(jsonb_agg(delivery_line(s.whole, q) ORDER BY s.created_at DESC, s.id DESC), '[]'),
         CASE WHEN (SELECT count(*) FROM page) > v_limit THEN
           (array_agg((extract(epoch FROM s.created_at) * 1000000)::bigint || '-' || s.id ORDER BY s.created_at, s.id))[1] END
    INTO v_lines, v_next
    FROM shown s LEFT JOIN queue q ON q.id = s.queue_id;
  RETURN jsonb_build_object('deliveries', v_lines) || jsonb_strip_nulls(jsonb_build_object('next', v_next));
END $$;
