-- The rows of `usage` that nobody needs any more: days longer than p_life ago; and of addresses, which are personal,
-- every day before today.
CREATE FUNCTION spent_usage(p_life interval) RETURNS SETOF usage
LANGUAGE sql STABLE AS $$
  SELECT * FROM usage WHERE day < utc_day() AND (account LIKE 'ip:%' OR day < utc_day() - p_life)
$$;
