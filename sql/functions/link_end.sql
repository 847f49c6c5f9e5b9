-- When a link made now will end: after p_life in the calendar of UTC, or sooner if the task asks for that.
CREATE FUNCTION link_end(p_spec jsonb, p_life interval) RETURNS timestamptz
LANGUAGE sql STABLE AS $$
  SELECT least(after_utc(now(), p_life), now() + (p_spec ->> 'expires_in')::bigint * interval '1 second')
$$;
