-- A key as its operator reads it, without its hash. An interval is written as in ISO 8601, which others read too.
CREATE FUNCTION key_view(p_key api_key) RETURNS jsonb
LANGUAGE sql STABLE SET intervalstyle = 'iso_8601' AS $$
  SELECT jsonb_build_object(
           'id', p_key.id, 'owner', p_key.owner, 'name', p_key.name, 'scopes', to_jsonb(p_key.scopes),
           'quota', jsonb_strip_nulls(jsonb_build_object(
             'requests', p_key.max_requests, 'bytes', p_key.max_bytes, 'megapixels', p_key.max_megapixels,
             'open_tasks', p_key.max_open_tasks)),
           'created_at', utc(p_key.created_at), 'revoked_at', utc(p_key.revoked_at))
         || jsonb_strip_nulls(jsonb_build_object('link_life', p_key.link_life::text))
$$;
