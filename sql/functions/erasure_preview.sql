-- What erasing these tasks, and what else an owner (NULL: nobody) has, would take: {"tasks", "originals", "results", "links",
-- "targets"}.
CREATE FUNCTION erasure_preview(p_tasks uuid[], p_owner text) RETURNS jsonb
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = imgfilter, pg_temp AS $$
  WITH chosen AS (SELECT t.id, t.image_id FROM task t WHERE t.id = ANY (p_tasks) OR t.owner = p_owner),
       links AS (SELECT count(*) AS n FROM link WHERE task_id IN (SELECT id FROM chosen))
  SELECT jsonb_build_object(
    'tasks', (SELECT count(*) FROM chosen),
    'originals', (SELECT count(*) FROM image i
                   WHERE i.removed_at IS NULL AND i.id IN (SELECT image_id FROM chosen)
                     AND NOT EXISTS (SELECT FROM task t WHERE t.image_id = i.id AND t.id NOT IN (SELECT id FROM chosen)))
               + (SELECT count(*) FROM lone_images(p_owner)),
    'results', n, 'links', n, 'targets', (SELECT count(*) FROM target WHERE owner = p_owner))
    FROM links
$$;
