-- How often a delivery is tried: see the worker's schedule.
CREATE FUNCTION delivery_attempts() RETURNS smallint
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
  SELECT 10::smallint
$$;
