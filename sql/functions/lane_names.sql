-- The names of all lanes, in the order of their numbers (see lane_number).
CREATE FUNCTION lane_names() RETURNS text[]
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
  SELECT ARRAY['fast', 'slow', 'quarantine', 'webhook', 'email', 'push', 'sms', 'topic']
$$;
