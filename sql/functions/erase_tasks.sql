-- Erases tasks (see erase) for the operator. Returns how much went: {"tasks", "originals", "results", "links"}.
CREATE FUNCTION erase_tasks(p_tasks uuid[]) RETURNS jsonb
LANGUAGE sql SECURITY DEFINER SET search_path = imgfilter, pg_temp AS $$
  SELECT jsonb_build_object(
           'tasks', count(e.removed), 'originals', coalesce(sum((e.removed ->> 'originals')::bigint), 0),
           'results', coalesce(sum((e.removed ->> 'results')::bigint), 0),
           'links', coalesce(sum((e.removed ->> 'links')::bigint), 0))
    FROM (SELECT erase(t.id) AS removed FROM (SELECT DISTINCT unnest(p_tasks) AS id ORDER BY 1) AS t OFFSET 0) AS e
$$;
