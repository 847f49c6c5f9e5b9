-- What was counted last (see count_service), with its "age" in seconds; NULL where nobody has counted.
CREATE FUNCTION service_state() RETURNS jsonb
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = imgfilter, pg_temp AS $$
BEGIN
  RETURN (SELECT s.counted || jsonb_build_object('age', greatest(extract(epoch FROM now() - s.published_at), 0))
            FROM service_state s WHERE s.published_at > '-infinity');
END $$;
