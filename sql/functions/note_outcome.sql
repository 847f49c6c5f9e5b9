-- Notes at a target what a try came to that is news (see is_news): since when nothing arrives. It is disabled when it says
-- that it wants no more, and when nothing has arrived for days. The caller has locked it (see lock_targets).
CREATE FUNCTION note_outcome(p_target uuid, p_outcome text) RETURNS void
LANGUAGE plpgsql AS $$
DECLARE
  v_target target;
BEGIN
  UPDATE target SET failing_since = CASE WHEN p_outcome IN ('retry', 'gone') THEN coalesce(failing_since, now()) END
   WHERE id = p_target AND status <> 'disabled'
  RETURNING * INTO v_target;
  IF p_outcome = 'gone' THEN
    PERFORM disable_target(v_target, 'gone');
  ELSIF has_failed_for_long(v_target) THEN
    PERFORM disable_target(v_target, 'failing');
  END IF;
END $$;
