-- Why a task cannot be put back into the queue (see requeue), as far as can be told without a lock: 'not_failed',
-- 'has_results' or 'original_gone'. NULL: it can.
CREATE FUNCTION requeue_refusal(p_task task) RETURNS text
LANGUAGE plpgsql STABLE AS $$
BEGIN
  IF p_task.status <> 'failed' THEN RETURN 'not_failed'; END IF;
  IF EXISTS (SELECT FROM link WHERE task_id = p_task.id) THEN RETURN 'has_results'; END IF;
  IF EXISTS (SELECT FROM image WHERE id = p_task.image_id AND (removed_at IS NOT NULL OR deleting_until IS NOT NULL)) THEN
    RETURN 'original_gone';
  END IF;
  RETURN NULL;
END $$;
