-- How long an Idempotency-Key stands for its task.
CREATE FUNCTION idempotency_life() RETURNS interval
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
  SELECT interval '24 hours'
$$;
