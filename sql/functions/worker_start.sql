-- Enters a worker process and gives it its number, which no other process ever gets. p_slots: images that it filters at the
-- same time; NULL: it filters none.
CREATE FUNCTION worker_start(p_host text, p_pid integer, p_version text, p_slots integer DEFAULT NULL) RETURNS integer
LANGUAGE sql SECURITY DEFINER SET search_path = imgfilter, pg_temp AS $$
  INSERT INTO worker (host, pid, version, slots) VALUES (p_host, p_pid, p_version, p_slots) RETURNING id
$$;
