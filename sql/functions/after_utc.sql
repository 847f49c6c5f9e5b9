-- A time moved on by an interval of the calendar in UTC, whatever the session's time zone: three months after
-- 30 November is the last day of February.
CREATE FUNCTION after_utc(p_at timestamptz, p_life interval) RETURNS timestamptz
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
  SELECT (p_at AT TIME ZONE 'UTC' + p_life) AT TIME ZONE 'UTC'
$$;
