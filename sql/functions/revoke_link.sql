-- Ends a link now: its object goes with the next cleanup, and every edge is told to take it out of its cache. Says what
-- became of it: revoked; or nothing, because it has ended (ended) or there is none (unknown).
CREATE FUNCTION revoke_link(p_link uuid) RETURNS text
LANGUAGE plpgsql SECURITY DEFINER SET search_path = imgfilter, pg_temp AS $$
DECLARE
  v_link link;
BEGIN
  -- the task first, as wherever links and tasks are locked (see remove_links)
  PERFORM FROM task WHERE id = (SELECT task_id FROM link WHERE id = p_link) FOR UPDATE;
  SELECT * INTO v_link FROM link WHERE id = p_link FOR UPDATE;
  IF NOT FOUND THEN RETURN 'unknown'; END IF;
  IF v_link.expires_at <= clock() THEN RETURN 'ended'; END IF;
  UPDATE link SET revoked_at = clock(), expires_at = clock() WHERE id = p_link;
  PERFORM new_end(v_link.task_id), purge(ARRAY[v_link.object_key]);
  RETURN 'revoked';
END $$;
