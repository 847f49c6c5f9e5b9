-- How many links can be downloaded: counted where they are p_exact at most, else as the planner estimates it from its
-- statistics, which takes no longer for millions.
CREATE FUNCTION links_alive(p_exact bigint) RETURNS bigint
LANGUAGE plpgsql AS $$
DECLARE
  v_plan      json;
  v_estimated bigint;
  v_counted   bigint;
BEGIN
  EXECUTE 'EXPLAIN (FORMAT json) SELECT FROM link WHERE expires_at > now() AND revoked_at IS NULL' INTO v_plan;
  v_estimated := (v_plan #>> '{0,Plan,Plan Rows}')::numeric;
  IF v_estimated > 2 * p_exact THEN RETURN v_estimated; END IF;
  SELECT count(*) INTO v_counted
    FROM (SELECT FROM link WHERE expires_at > now() AND revoked_at IS NULL LIMIT p_exact + 1) AS sample;
  RETURN CASE WHEN v_counted > p_exact THEN greatest(v_counted, v_estimated) ELSE v_counted END;
END $$;
