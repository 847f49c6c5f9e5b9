-- A link as its operator reads it. Not its token: only who has the keys can tell that.
CREATE FUNCTION link_line(p_link link, p_task task) RETURNS jsonb
LANGUAGE sql STABLE AS $$
  SELECT jsonb_build_object(
           'id', p_link.id, 'task', p_link.task_id, 'n', p_link.n, 'owner', p_task.owner, 'filename', p_link.filename,
           'format', p_link.format, 'bytes', p_link.bytes, 'created_at', utc(p_link.created_at),
           'expires_at', utc(p_link.expires_at), 'revoked_at', utc(p_link.revoked_at),
           'living', p_link.expires_at > clock() AND p_link.revoked_at IS NULL)
$$;
