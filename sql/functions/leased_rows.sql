-- How many links, originals and erased objects a cleanup has leased, and has not struck off yet.
CREATE FUNCTION leased_rows() RETURNS bigint
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = imgfilter, pg_temp AS $$
  SELECT (SELECT count(*) FROM link WHERE expires_at <= clock() AND deleting_until >= now())
       + (SELECT count(*) FROM image WHERE removed_at IS NULL AND deleting_until >= now())
       + (SELECT count(*) FROM erased_object WHERE deleting_until >= now())
$$;
