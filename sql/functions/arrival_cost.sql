-- Seconds of an engine that are ordered each second, by the estimates: those of the last p_limit tasks, or of those of the last
-- five minutes where these are fewer. Taking an order costs nothing for it: the last ones are found by their ids, which begin
-- with the time (UUIDv7), and when they came the row says. One whose id was chosen long before it came, by an upload in pieces, is
-- missed where more than p_limit came since.
CREATE FUNCTION arrival_cost(p_limit integer) RETURNS double precision
LANGUAGE plpgsql STABLE SET plan_cache_mode = force_generic_plan SET enable_seqscan = off SET enable_bitmapscan = off AS $$
DECLARE
  v_cost  double precision;
  v_since timestamptz := now() - interval '5 minutes';
BEGIN
  WITH last AS MATERIALIZED (
    SELECT t.created_at, t.cost_ms FROM task t ORDER BY t.id DESC LIMIT p_limit),
  bounds AS (
    SELECT greatest(v_since, CASE WHEN count(*) >= p_limit
                                  THEN percentile_disc(0.01) WITHIN GROUP (ORDER BY created_at) END) AS since FROM last)
  SELECT sum(l.cost_ms::double precision) / 1000 / greatest(extract(epoch FROM now() - min(b.since)), 1)
    INTO v_cost
    FROM bounds b JOIN last l ON l.created_at >= b.since;
  RETURN coalesce(v_cost, 0);
END $$;
