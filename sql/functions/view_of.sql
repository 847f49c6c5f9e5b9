-- A task as JSON: what the API shows, but for the URLs, which are not the database's to know.
CREATE FUNCTION view_of(p_task task) RETURNS jsonb
LANGUAGE sql STABLE AS $$
  SELECT jsonb_build_object(
           'id', p_task.id, 'version', now_.version, 'status', now_.status, 'created_at', utc(p_task.created_at),
           'image', jsonb_build_object(
             'id', i.id, 'format', i.format, 'width', i.width, 'height', i.height, 'frames', i.frames,
             'bytes', i.bytes, 'sha256', encode(i.sha256, 'hex'), 'filename', i.filename),
           'results', (SELECT jsonb_agg(result_of(p_task, c.n::smallint, c.chain, now_.status) ORDER BY c.n)
                         FROM (SELECT f.ord - 1, f.chain
                                 FROM jsonb_array_elements_text(p_task.spec -> 'filters') WITH ORDINALITY AS f(chain, ord)
                              ) AS c(n, chain)))
    FROM image i, status_now(p_task) AS now_
   WHERE i.id = p_task.image_id
$$;
