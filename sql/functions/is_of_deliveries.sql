-- Whether a lane's rows are deliveries, and not tasks.
CREATE FUNCTION is_of_deliveries(p_lane smallint) RETURNS boolean
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
  SELECT p_lane >= 10
$$;
