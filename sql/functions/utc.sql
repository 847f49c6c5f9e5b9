-- A time as RFC 3339 in UTC, to the second: what every JSON of this service says. Not more than STABLE, as to_char() is:
-- otherwise it would not be inlined.
CREATE FUNCTION utc(p_at timestamptz) RETURNS text
LANGUAGE sql STABLE PARALLEL SAFE AS $$
  SELECT to_char(p_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"')
$$;
