-- What the holder of a key may do, by the key's SHA-256 in hexadecimal; NULL for a key that is unknown or revoked.
CREATE FUNCTION key_by_hash(p_sha256 text) RETURNS jsonb
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = imgfilter, pg_temp AS $$
  SELECT key_view(k) - 'name' - 'created_at' - 'revoked_at'
    FROM api_key k WHERE k.sha256 = decode(p_sha256, 'hex') AND k.revoked_at IS NULL
$$;
