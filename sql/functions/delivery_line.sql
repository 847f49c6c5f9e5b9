-- A delivery as its owner reads it, with its last 20 tries, the first of them first. What receivers answered is not shown: who can have
-- requests sent anywhere must not read the answers. p_row is its row in the queue while it has one.
CREATE FUNCTION delivery_line(p_delivery delivery, p_row queue) RETURNS jsonb
LANGUAGE plpgsql STABLE AS $$
BEGIN
  RETURN jsonb_build_object(
    'id', p_delivery.id, 'event', p_delivery.event, 'channel', p_delivery.channel, 'target', p_delivery.target,
    'target_id', p_delivery.target_id, 'task', p_delivery.task_id, 'status', p_delivery.status, 'reason', p_delivery.reason,
    'created_at', utc(p_delivery.created_at), 'finished_at', utc(p_delivery.finished_at),
    'next_at', CASE WHEN p_row.worker_id IS NULL THEN utc(p_row.run_at) END,
    'attempts', coalesce((
      SELECT jsonb_agg(jsonb_build_object('at', utc(a.at), 'ms', a.ms, 'outcome', a.outcome, 'status', a.status,
                                          'detail', a.detail) ORDER BY a.at, a.lease)
        FROM (SELECT * FROM attempt WHERE delivery_id = p_delivery.id ORDER BY at DESC, lease DESC LIMIT 20) a), '[]'));
END $$;
