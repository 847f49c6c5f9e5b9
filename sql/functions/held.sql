-- The queue row that a worker holds under a lease, locked, or no row when the lease is no longer its own. Every finish
-- begins here, but for complete_many's.
-- Not "worker_id = p_worker": where the statistics know no leased row, that would be looked up in the index of leased
-- rows, through all that lie there and all that have ended while an old snapshot is held.
CREATE FUNCTION held(p_worker integer, p_queue bigint, p_lease bigint) RETURNS SETOF queue
LANGUAGE plpgsql ROWS 1 AS $$
BEGIN
  RETURN QUERY
    SELECT * FROM queue
     WHERE id = p_queue AND worker_id IS NOT DISTINCT FROM p_worker AND lease = p_lease AND p_worker IS NOT NULL
       FOR UPDATE;
END $$;
