-- The day it is in UTC: quotas begin anew with it.
CREATE FUNCTION utc_day() RETURNS date
LANGUAGE sql STABLE AS $$
  SELECT (now() AT TIME ZONE 'UTC')::date
$$;
