-- When a link made now will end: after p_life in the calendar of UTC, or after that of the task's own (`life`: its key's, or
-- the longest that its key may ask for), or sooner if the task asks for that.
CREATE FUNCTION link_end(p_spec jsonb, p_life interval) RETURNS timestamptz
LANGUAGE sql STABLE AS $$
  SELECT least(after_utc(clock(), coalesce((p_spec ->> 'life')::interval, p_life)),
               clock() + (p_spec ->> 'expires_in')::bigint * interval '1 second')
$$;
