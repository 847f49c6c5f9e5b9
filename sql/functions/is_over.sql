-- Whether the last link of a task has ended: it is shown as expired from that second on, also before the cleanup has
-- come by and written it down. Showing it counts as a change of version, which the cleanup then makes true.
CREATE FUNCTION is_over(p_task task) RETURNS boolean
LANGUAGE sql STABLE AS $$
  SELECT p_task.status IN ('done', 'failed') AND coalesce(p_task.expires_at <= clock(), false)
$$;
