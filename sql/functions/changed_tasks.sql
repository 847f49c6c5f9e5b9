-- Of the watched tasks those that have a later version than p_seen, as task_view() shows them; NULL when none has changed,
-- which is cheap to find out. One question for all the clients that wait: of at most 1,000 tasks (raises IF002 above), told of
-- p_most at a time; whoever gets as many asks again. A task that is there no more was erased, or forgotten since.
-- What is watched has not ended, so its links cannot have ended either without a new version.
-- The plan is kept: it looks up one row after the other.
CREATE FUNCTION changed_tasks(p_tasks uuid[], p_seen integer[], p_most integer) RETURNS jsonb
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = imgfilter, pg_temp
SET plan_cache_mode = force_generic_plan SET enable_seqscan = off SET enable_hashjoin = off SET enable_mergejoin = off AS $$
DECLARE
  v_changed uuid[];
BEGIN
  IF cardinality(p_tasks) > 1000 THEN
    RAISE EXCEPTION 'at most 1000 tasks can be watched by one call, not %', cardinality(p_tasks) USING ERRCODE = 'IF002';
  END IF;
  v_changed := ARRAY(
    SELECT w.id FROM unnest(p_tasks, p_seen) AS w(id, seen) LEFT JOIN task t ON t.id = w.id
     WHERE t.version IS NULL OR t.version > w.seen LIMIT p_most);
  IF v_changed = '{}' THEN RETURN NULL; END IF;
  RETURN (SELECT jsonb_agg(coalesce(task_view(c), jsonb_build_object('id', c, 'erased', true))) FROM unnest(v_changed) AS c);
END $$;
