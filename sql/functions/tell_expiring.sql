-- Tells owners who want to hear it (link.expiring) of tasks whose last link ends within p_before: each task once, and none
-- whose links were not to live longer than that, because it would be told as soon as it is done. At most p_limit tasks;
-- returns how many were looked at: as many as that, and there may be more.
CREATE FUNCTION tell_expiring(p_before interval, p_limit integer) RETURNS integer
LANGUAGE plpgsql SECURITY DEFINER SET search_path = imgfilter, pg_temp SET enable_seqscan = off AS $$
DECLARE
  v_looked integer;
  v_told   uuid[];
BEGIN
  WITH due AS MATERIALIZED (
    SELECT d.id FROM (SELECT DISTINCT owner FROM target WHERE status = 'active' AND 'link.expiring' = ANY (events)) AS o,
           LATERAL (SELECT t.id FROM task t
                     WHERE t.owner = o.owner AND t.expiring_told_at IS NULL
                       AND t.expires_at > clock() AND t.expires_at <= clock() + p_before
                     ORDER BY t.expires_at LIMIT p_limit FOR UPDATE SKIP LOCKED) AS d
     LIMIT p_limit),
  looked AS (
    UPDATE task t SET expiring_told_at = now() WHERE t.id = ANY (ARRAY(SELECT id FROM due))
    RETURNING t.id, t.expires_at > t.finished_at + p_before
                    AND EXISTS (SELECT FROM link l WHERE l.task_id = t.id AND l.revoked_at IS NULL) AS told)
  SELECT count(*), array_agg(id ORDER BY id) FILTER (WHERE told) INTO v_looked, v_told FROM looked;
  IF v_told IS NOT NULL THEN
    PERFORM tell_tasks(v_told, array_fill('link.expiring'::text, ARRAY[cardinality(v_told)]));
  END IF;
  RETURN v_looked;
END $$;
