-- DELETE /tasks/{id}: erases a task for whoever may. One of an owner is erased by its owner alone (p_owner, '' or NULL:
-- nobody); for the others the id, 74 random bits, is the right to it. Returns {"removed": …} as erase() counts it, or
-- {"refused": "owner"}, or {"erased": true} for one that was erased before, as long as that is known; NULL when there is no such
-- task.
CREATE FUNCTION erase_task(p_task uuid, p_owner text) RETURNS jsonb
LANGUAGE plpgsql SECURITY DEFINER SET search_path = imgfilter, pg_temp AS $$
DECLARE
  v_removed jsonb;
BEGIN
  -- an owner never changes
  IF EXISTS (SELECT FROM task WHERE id = p_task AND owner <> coalesce(p_owner, '')) THEN
    RETURN jsonb_build_object('refused', 'owner');
  END IF;
  v_removed := erase(p_task);
  IF v_removed IS NOT NULL THEN
    RETURN jsonb_build_object('removed', v_removed);
  END IF;
  RETURN (SELECT jsonb_build_object('erased', true) FROM erased_task WHERE task_id = p_task);
END $$;
