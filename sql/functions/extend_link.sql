-- Lets a link that lives go on for p_by longer, in the calendar of UTC, if it then ends no later than p_longest after it was
-- made. Says what became of it: extended; or nothing, because it would live too long (too_long), has ended (ended), or
-- because there is none (unknown).
CREATE FUNCTION extend_link(p_link uuid, p_by interval, p_longest interval) RETURNS text
LANGUAGE plpgsql SECURITY DEFINER SET search_path = imgfilter, pg_temp AS $$
DECLARE
  v_link link;
  v_end  timestamptz;
BEGIN
  PERFORM FROM task WHERE id = (SELECT task_id FROM link WHERE id = p_link) FOR UPDATE;
  SELECT * INTO v_link FROM link WHERE id = p_link FOR UPDATE;
  IF NOT FOUND THEN RETURN 'unknown'; END IF;
  -- what a cleanup has leased may be erased already
  IF v_link.expires_at <= clock() OR v_link.deleting_until IS NOT NULL THEN RETURN 'ended'; END IF;
  v_end := after_utc(v_link.expires_at, p_by);
  IF v_end > after_utc(v_link.created_at, p_longest) THEN RETURN 'too_long'; END IF;
  UPDATE link SET expires_at = v_end WHERE id = p_link;
  PERFORM new_end(v_link.task_id);
  RETURN 'extended';
END $$;
