-- Ends a key: the key as it is then, or NULL when there is none of that id. Doing it twice keeps the first time.
CREATE FUNCTION revoke_key(p_id uuid) RETURNS jsonb
LANGUAGE sql SECURITY DEFINER SET search_path = imgfilter, pg_temp AS $$
  UPDATE api_key SET revoked_at = coalesce(revoked_at, now()) WHERE id = p_id RETURNING key_view(api_key)
$$;
