-- Enqueues what is to be told of tasks: an element of p_events for each of p_tasks. Told are the active targets of their
-- owners that want the event, but for channels that the task mutes (spec.mute: names of channels, or "all"); and of an end
-- also what the request itself named: spec.webhook, spec.push ({"endpoint", "keys"}), and spec.email and spec.sms, as long as
-- they are active targets of the owner. One address is told once.
-- A target that is removed or disabled at this moment is found to be so when it is to be told (see delivery_refusal).
CREATE FUNCTION tell_tasks(p_tasks uuid[], p_events text[]) RETURNS void
LANGUAGE plpgsql AS $$
DECLARE
  v_told record;
BEGIN
  FOR v_told IN
    SELECT DISTINCT ON (h.n, w.channel, w.address) t.id, t.owner, h.event, w.*
      FROM unnest(p_tasks, p_events) WITH ORDINALITY AS h(task, event, n)
      JOIN task t ON t.id = h.task,
           LATERAL (
             SELECT g.channel, g.address, g.id AS target FROM target g
              WHERE g.owner = t.owner AND g.status = 'active'
                AND (h.event = ANY (g.events) AND NOT coalesce(t.spec -> 'mute' ?| ARRAY[g.channel, 'all'], false)
                     OR h.event LIKE 'task.%' AND g.channel IN ('email', 'sms') AND t.spec ->> g.channel = g.address)
              UNION ALL
             SELECT o.channel, o.address, NULL
               FROM (VALUES ('webhook', t.spec ->> 'webhook'), ('push', t.spec #>> '{push,endpoint}')) AS o(channel, address)
              WHERE o.address IS NOT NULL AND h.event LIKE 'task.%') AS w
     ORDER BY h.n, w.channel, w.address, w.target
  LOOP
    PERFORM enqueue_delivery(v_told.id, v_told.channel, v_told.event, v_told.address, v_told.owner, v_told.target);
  END LOOP;
END $$;
