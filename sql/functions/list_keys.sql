-- The keys of an owner, or of all (NULL), with what their owner has used today.
CREATE FUNCTION list_keys(p_owner text) RETURNS SETOF jsonb
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = imgfilter, pg_temp AS $$
  SELECT key_view(k) || jsonb_build_object('used', jsonb_build_object(
           'requests', coalesce(u.requests, 0), 'bytes', coalesce(u.bytes, 0), 'megapixels', coalesce(u.megapixels, 0),
           'open_tasks', open_tasks(k.owner)))
    FROM api_key k LEFT JOIN usage u ON u.account = k.owner AND u.day = utc_day()
   WHERE p_owner IS NULL OR k.owner = p_owner
   ORDER BY k.owner, k.created_at, k.id
$$;
