-- The status to show: a task whose last link has ended is expired from that second on, also before the cleanup has
-- come by and written it down. Showing it counts as a change of version, which the cleanup then makes true.
CREATE FUNCTION status_now(p_task task, OUT status text, OUT version integer)
LANGUAGE plpgsql STABLE AS $$
DECLARE
  v_ended boolean := p_task.status IN ('done', 'failed') AND coalesce(p_task.expires_at <= now(), false);
BEGIN
  status := CASE WHEN v_ended THEN 'expired' ELSE p_task.status END;
  version := p_task.version + v_ended::integer;
END $$;
