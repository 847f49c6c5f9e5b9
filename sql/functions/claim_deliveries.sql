-- Claims up to p_limit deliveries of a channel. `body` is NULL until the first sending; `task` is the view to render
-- it from. `event_at` is when the event happened, RFC 3339.
-- Two statements, as in claim().
CREATE FUNCTION claim_deliveries(p_worker integer, p_channel text, p_limit integer, p_lease interval)
RETURNS TABLE (queue_id bigint, lease bigint, attempts smallint, delivery uuid, event text, event_at text, target text,
               body bytea, task jsonb)
LANGUAGE plpgsql ROWS 10 SECURITY DEFINER SET search_path = imgfilter, pg_temp SET enable_seqscan = off AS $$
#variable_conflict use_column
DECLARE
  v_taken queue[];
BEGIN
  v_taken := ARRAY(SELECT t FROM take(p_worker, p_channel, p_limit, NULL, NULL, p_lease, NULL) AS t);
  RETURN QUERY
    SELECT q.id, q.lease, q.attempts, d.id, d.event, utc(d.created_at), d.target, d.body, view_of(t)
      FROM unnest(v_taken) q
      JOIN delivery d ON d.id = q.ref
      JOIN task t ON t.id = d.task_id
     ORDER BY q.run_at, q.id;
END $$;
