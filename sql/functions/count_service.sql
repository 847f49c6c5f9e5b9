-- What workers tell of the service as a whole: {"lanes": {lane: {"ready", "delayed", "running", "oldest" (seconds)}},
-- "backlog_seconds" (of one engine, for all tasks that are ready), "arrival_cost" (seconds of an engine ordered each second),
-- "dead", "links_alive", "workers" (that take tasks), "slots" (images that one of them filters at the same time, on average;
-- NULL: there is none)}. What may be many is counted up to p_limit, or estimated.
-- The plans are kept, and may have been made when the tables were empty: no scan of the whole queue may be part of them. Where
-- one cannot be avoided (of the few workers) it is priced as if it took for ever, and would be compiled each time, which takes
-- ten times as long as the answer: not so.
CREATE FUNCTION count_service(p_limit bigint) RETURNS jsonb
LANGUAGE plpgsql SECURITY DEFINER SET search_path = imgfilter, pg_temp SET enable_seqscan = off SET jit = off AS $$
DECLARE
  v_counted jsonb;
BEGIN
  WITH running AS (
    SELECT lane_name(q.lane) AS lane, count(*) AS running FROM queue q WHERE q.worker_id IS NOT NULL GROUP BY q.lane),
  lanes AS MATERIALIZED (
    SELECT l.lane, load.ready, load.delayed, load.cost_ms, coalesce(r.running, 0) AS running,
           coalesce(greatest(extract(epoch FROM now() - load.oldest), 0), 0) AS oldest
      FROM unnest(lane_names()) AS l(lane)
      CROSS JOIN LATERAL lane_load(l.lane, p_limit) AS load
      LEFT JOIN running r ON r.lane = l.lane)
  SELECT jsonb_build_object(
           'lanes', jsonb_object_agg(lane, jsonb_build_object('ready', ready, 'delayed', delayed, 'running', running,
                                                              'oldest', round(oldest, 3))),
           'backlog_seconds', sum(cost_ms) / 1000)
    INTO v_counted FROM lanes;
  RETURN v_counted || jsonb_build_object(
    'arrival_cost', arrival_cost(5000),
    'dead', (SELECT count(*) FROM (SELECT FROM dead LIMIT p_limit) AS sample),
    'links_alive', links_alive(10000)) || (
    SELECT jsonb_build_object('workers', count(*), 'slots', avg(slots)) FROM worker WHERE slots IS NOT NULL AND NOT draining);
END $$;
