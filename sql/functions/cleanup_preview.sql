-- What a cleanup would remove now, counted: for --dry-run.
CREATE FUNCTION cleanup_preview(p_original_life interval, p_row_life interval, p_delivery_life interval DEFAULT '30 days')
RETURNS jsonb
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = imgfilter, pg_temp AS $$
  SELECT jsonb_build_object(
    'links', (SELECT count(*) FROM link WHERE expires_at <= clock()),
    'originals', (SELECT count(*) FROM spent_images(p_original_life)),
    'rows', (SELECT count(*) FROM task t
              WHERE t.finished_at IS NOT NULL AND coalesce(t.expires_at, t.finished_at) < now() - p_row_life
                AND NOT EXISTS (SELECT FROM link WHERE task_id = t.id)
                AND NOT EXISTS (SELECT FROM delivery d WHERE d.task_id = t.id AND d.queue_id IS NOT NULL))
          + (SELECT count(*) FROM delivery d LEFT JOIN task t ON t.id = d.task_id
              WHERE d.finished_at < now() - p_delivery_life
                AND (t.id IS NULL OR coalesce(t.expires_at, t.finished_at) >= now() - p_row_life))
          + (SELECT count(*) FROM queue WHERE worker_id IS NULL AND is_of_deliveries(lane) AND run_at < now() - p_delivery_life)
          + (SELECT count(*) FROM dead WHERE died_at < now() - p_row_life)
          + (SELECT count(*) FROM spent_usage(p_row_life))
          + (SELECT count(*) FROM idempotency WHERE created_at <= now() - idempotency_life())
          + (SELECT count(*) FROM erased_task WHERE erased_at < now() - p_row_life),
    'erased', (SELECT count(*) FROM erased_object))
$$;
