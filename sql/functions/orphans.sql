-- Of these object keys, those that belong to no one. Only keys older than any upload or task that may still be on its
-- way should be asked about.
CREATE FUNCTION orphans(p_keys text[]) RETURNS SETOF text
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = imgfilter, pg_temp AS $$
  SELECT k FROM unnest(p_keys) AS k
   WHERE NOT EXISTS (SELECT FROM link WHERE object_key = k)
     AND NOT EXISTS (SELECT FROM image WHERE object_key = k AND removed_at IS NULL)
$$;
