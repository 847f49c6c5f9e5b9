-- Enters a key by the SHA-256 of what its holder sends. p_quota: {requests, bytes, megapixels, open_tasks}; a member
-- that is not there is no limit. p_life: how long links live, NULL: as long as the service's. Raises IF003 for a scope that
-- is not, and IF019 for a life longer than p_longest.
CREATE FUNCTION create_key(p_owner text, p_name text, p_sha256 bytea, p_scopes text[], p_quota jsonb,
                           p_life interval DEFAULT NULL, p_longest interval DEFAULT NULL) RETURNS jsonb
LANGUAGE plpgsql SECURITY DEFINER SET search_path = imgfilter, pg_temp AS $$
DECLARE
  v_scopes CONSTANT text[] := ARRAY['upload', 'lasting', 'notify', 'webhook', 'email', 'push', 'sms', 'topic'];
  v_key    api_key;
BEGIN
  IF NOT p_scopes <@ v_scopes THEN
    RAISE EXCEPTION 'scopes are %, not %', array_to_string(v_scopes, ', '), array_to_string(p_scopes, ', ') USING ERRCODE = 'IF003';
  END IF;
  IF after_utc(now(), p_life) > after_utc(now(), p_longest) THEN
    RAISE EXCEPTION 'links may not live for %: the longest life is %', p_life, p_longest USING ERRCODE = 'IF019';
  END IF;
  INSERT INTO api_key (owner, name, sha256, scopes, max_requests, max_bytes, max_megapixels, max_open_tasks,
                       link_life)
  VALUES (p_owner, p_name, p_sha256, p_scopes, (p_quota ->> 'requests')::bigint, (p_quota ->> 'bytes')::bigint,
          (p_quota ->> 'megapixels')::bigint, (p_quota ->> 'open_tasks')::bigint, p_life)
  RETURNING * INTO v_key;
  RETURN key_view(v_key);
END $$;
