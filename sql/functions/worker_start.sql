-- Enters a worker process and gives it its number, which no other process ever gets.
CREATE FUNCTION worker_start(p_host text, p_pid integer, p_version text) RETURNS integer
LANGUAGE sql SECURITY DEFINER SET search_path = imgfilter, pg_temp AS $$
  INSERT INTO worker (host, pid, version) VALUES (p_host, p_pid, p_version) RETURNING id
$$;
