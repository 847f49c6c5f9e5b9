-- The queue row that a worker holds under a lease, locked, or no row when the lease is no longer its own. Every finish
-- begins here.
CREATE FUNCTION held(p_worker integer, p_queue bigint, p_lease bigint) RETURNS SETOF queue
LANGUAGE plpgsql ROWS 1 AS $$
BEGIN
  RETURN QUERY SELECT * FROM queue WHERE id = p_queue AND worker_id = p_worker AND lease = p_lease FOR UPDATE;
END $$;
