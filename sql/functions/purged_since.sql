-- What an edge is to take out of its cache, from a place in the list on: {"place", "purged": [{"object", "link"}]}, up to
-- p_limit at a time. An empty p_place is the beginning, and so is one that was never given out here: the database was put
-- back to an earlier time, or into another cluster, and counts its transactions anew. Only what is p_age seconds old.
-- A row is told once no transaction that began before its own is still open, so that none ever comes in before a place that
-- was read: in the order of ids alone, what commits late would be missed.
CREATE FUNCTION purged_since(p_place text, p_age integer, p_limit integer) RETURNS jsonb
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = imgfilter, pg_temp AS $$
DECLARE
  v_snapshot pg_snapshot := pg_current_snapshot();
  v_place    text        := p_place;
  v_xid      xid8        := coalesce(nullif(split_part(p_place, '-', 1), ''), '0')::xid8;
  v_id       bigint      := coalesce(nullif(split_part(p_place, '-', 2), ''), '0')::bigint;
BEGIN
  IF v_xid >= pg_snapshot_xmax(v_snapshot) THEN
    v_place := ''; v_xid := '0'; v_id := 0;
  END IF;
  RETURN (
    SELECT jsonb_build_object(
             'place', coalesce((array_agg(p.xid || '-' || p.id ORDER BY p.xid DESC, p.id DESC))[1], v_place),
             'purged', coalesce(jsonb_agg(jsonb_build_object('object', p.object_key, 'link', p.link_id) ORDER BY p.xid, p.id), '[]'))
      FROM (SELECT * FROM purge
             WHERE (xid, id) > (v_xid, v_id) AND xid < pg_snapshot_xmin(v_snapshot)
               AND at <= now() - p_age * interval '1 second'
             ORDER BY xid, id LIMIT p_limit) AS p);
END $$;
