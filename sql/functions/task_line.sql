-- A task as its operator reads it, with its row in the queue while it has one (NULL: it has none). `retry` says whether
-- one that has failed can be put back: 'possible', or why not (see requeue_refusal).
CREATE FUNCTION task_line(p_task task, p_row queue) RETURNS jsonb
LANGUAGE plpgsql STABLE AS $$
BEGIN
  RETURN jsonb_strip_nulls(jsonb_build_object(
    'id', p_task.id, 'owner', p_task.owner, 'status', p_task.status, 'lane', lane_name(coalesce(p_row.lane, p_task.lane)),
    'priority', p_row.prio, 'attempts', p_row.attempts, 'max_attempts', p_row.max_attempts, 'worker', p_row.worker_id,
    'run_at', utc(p_row.run_at), 'delayed', p_row.worker_id IS NULL AND p_row.run_at > now(),
    'memory', p_task.memory, 'cost_ms', round(p_task.cost_ms::numeric, 1), 'filters', p_task.spec -> 'filters',
    'created_at', utc(p_task.created_at), 'started_at', utc(p_task.started_at), 'finished_at', utc(p_task.finished_at),
    'errors', p_task.errors, 'trace', p_task.trace ->> 'id',
    'retry', CASE WHEN p_task.status = 'failed' THEN coalesce(requeue_refusal(p_task), 'possible') END));
END $$;
