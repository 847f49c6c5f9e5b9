-- All that is known of a task, for its operator: as in a list, with its image, its links, its deliveries and every try of
-- each, and where it lies with the dead. NULL: there is none of this id.
CREATE FUNCTION show_task(p_task uuid) RETURNS jsonb
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = imgfilter, pg_temp AS $$
  SELECT task_line(t, q) || jsonb_build_object(
           'spec', t.spec, 'version', t.version, 'image', to_jsonb(i) || jsonb_build_object('sha256', encode(i.sha256, 'hex')),
           'links', (SELECT coalesce(jsonb_agg(jsonb_build_object(
                       'id', l.id, 'n', l.n, 'object_key', l.object_key, 'bytes', l.bytes, 'expires_at', utc(l.expires_at)) ORDER BY l.n), '[]')
                       FROM link l WHERE l.task_id = t.id),
           'deliveries', (SELECT coalesce(jsonb_agg(jsonb_build_object(
                            'id', d.id, 'channel', d.channel, 'event', d.event, 'target', d.target, 'status', d.status,
                            'attempts', (SELECT coalesce(jsonb_agg(jsonb_build_object(
                                           'at', utc(a.at), 'outcome', a.outcome, 'status', a.status, 'detail', a.detail) ORDER BY a.at, a.lease), '[]')
                                           FROM attempt a WHERE a.delivery_id = d.id)) ORDER BY d.created_at, d.id), '[]')
                            FROM delivery d WHERE d.task_id = t.id),
           'dead', (SELECT jsonb_build_object('id', d.id, 'code', d.code, 'detail', d.detail, 'died_at', utc(d.died_at))
                      FROM dead d WHERE d.ref = t.id))
    FROM task t JOIN image i ON i.id = t.image_id LEFT JOIN queue q ON q.id = t.queue_id
   WHERE t.id = p_task
$$;
