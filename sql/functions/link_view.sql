-- What the edge needs to serve a download, or NULL when the link's row is no more. `seconds` says for how long it
-- lives on: not when it ends, for the edge's clock may be another. `gone`: its life is over.
CREATE FUNCTION link_view(p_link uuid) RETURNS jsonb
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = imgfilter, pg_temp AS $$
BEGIN
  RETURN (SELECT jsonb_build_object(
                   'object_key', object_key, 'format', format, 'bytes', bytes, 'sha256', encode(sha256, 'hex'),
                   'seconds', floor(extract(epoch FROM expires_at - clock()))::bigint,
                   'gone', expires_at <= clock() OR revoked_at IS NOT NULL, 'filename', filename)
            FROM link WHERE id = p_link);
END $$;
