-- Telling once more, telling of links that end soon, and forgetting.
BEGIN;
\ir fixture.psql
SELECT plan(60);
SELECT worker_start('host', 1, 'test') AS w \gset
CREATE FUNCTION pg_temp.target(channel text, address text, events text DEFAULT '{task.done}', owner text DEFAULT 'acme') RETURNS uuid LANGUAGE sql AS $$
  INSERT INTO target (owner, channel, address, events, status, verified_at)
  VALUES (owner, channel, address, events::text[], 'active', now()) RETURNING id $$;
CREATE FUNCTION pg_temp.done(n integer, spec jsonb DEFAULT '{}', owner text DEFAULT 'acme') RETURNS void LANGUAGE plpgsql AS $$
DECLARE c record;
BEGIN
  PERFORM submit_task(pg_temp.request(n, 'fast', spec) || jsonb_build_object('owner', owner));
  SELECT * INTO c FROM claim((SELECT min(id) FROM worker), 'fast', 1, 1000, 1000, '1 min', NULL, '3 months');
  PERFORM complete((SELECT min(id) FROM worker), c.queue_id, c.lease, pg_temp.results(n, c.lease), '3 months');
END $$;
CREATE FUNCTION pg_temp.try(by text, outcome text) RETURNS text LANGUAGE sql AS $$
  SELECT finish_delivery((SELECT min(id) FROM worker), queue_id, lease, outcome, NULL, 1, outcome, '', '1 min')
    FROM claim_deliveries((SELECT min(id) FROM worker), by, 1, '1 min') $$;
CREATE FUNCTION pg_temp.of_task(n integer) RETURNS uuid LANGUAGE sql AS $$ SELECT id FROM delivery WHERE task_id = pg_temp.task_id(n) $$;

-- replay_delivery, replay_refusal, send_again
SELECT pg_temp.target('webhook', 'https://a') AS a \gset
SELECT pg_temp.done(1) \g /dev/null
SELECT pg_temp.of_task(1) AS d \gset
SELECT is(send_again(:'d', 1::smallint), false, 'what has not ended is not begun again');
SELECT is(replay_delivery('other', :'d'), NULL, 'nothing of others is told again');
UPDATE queue SET run_at = now() + interval '1 hour';
SELECT is(replay_delivery('acme', :'d'), '{"queued":true}', 'what waits');
SELECT is(run_at, now(), 'waits no longer') FROM queue;
SELECT queue_id AS q, lease AS l FROM claim_deliveries(:w, 'webhook', 9, '1 min') \gset
SELECT is(replay_delivery('acme', :'d'), '{"refused":"busy"}', 'what is being sent is not sent twice at a time');
SELECT store_body(:w, :q, :l, 'bytes'), finish_delivery(:w, :q, :l, 'delivered', 200, 1, 'x', '', '1 s') \g /dev/null
SELECT is(replay_delivery('acme', :'d'), '{"queued":true}', 'what was delivered can be again');
SELECT is(q.max_attempts || d.status || d.id::text || (d.finished_at IS NULL)::text, '1pending' || :'d' || 'true', 'once, under its id') FROM queue q JOIN delivery d ON d.queue_id = q.id;
SELECT is(body, 'bytes'::bytea, 'with its bytes') FROM claim_deliveries(:w, 'webhook', 9, '1 min');
SELECT is(finish_delivery(:w, id, lease, 'retry', 500, 1, 'x', '', '1 s'), 'failed', 'and not more often') FROM queue;
SELECT is(count(*), 1::bigint, 'then it is dead') FROM dead WHERE ref = :'d';
SELECT is(l ->> 'redrive' || (l ->> 'owner') || (l ->> 'task'), 'possibleacme' || pg_temp.task_id(1), 'and can be put back') FROM list_dead(NULL, NULL, 9) AS l;
SELECT is(replay_delivery('acme', :'d'), '{"queued":true}', 'by its owner');
SELECT is(count(*), 0::bigint, 'and is dead no more') FROM dead;
SELECT is(pg_temp.try('webhook', 'refused'), 'failed', 'again');
SELECT is(redrive(id), 'queued', 'or by an operator') FROM dead;
SELECT is(max_attempts::smallint, delivery_attempts(), 'with all attempts') FROM queue;
SELECT is(pg_temp.try('webhook', 'refused'), 'failed', 'and again');
UPDATE target SET status = 'disabled', reason = 'gone', disabled_at = now() WHERE id = :'a';
SELECT is(replay_delivery('acme', :'d'), '{"refused":"target_disabled"}', 'nothing is told where it is disabled');
SELECT is(redrive(id), 'unknown', 'by an operator neither') FROM dead;
SELECT is(l ->> 'redrive', 'unknown', 'who can see that') FROM list_dead(NULL, NULL, 9) AS l;
SELECT remove_target('acme', :'a') \g /dev/null
SELECT is(replay_delivery('acme', :'d'), '{"refused":"target_removed"}', 'nor where it is no more');
SELECT pg_temp.done(2, '{"webhook":"https://a"}') \g /dev/null
SELECT pg_temp.try('webhook', 'refused') \g /dev/null
SELECT is(replay_delivery('acme', pg_temp.of_task(2)), '{"queued":true}', 'what never was for a target is');
SELECT pg_temp.try('webhook', 'delivered') \g /dev/null
INSERT INTO attempt (delivery_id, lease, at, ms, outcome, detail, reply)
SELECT pg_temp.of_task(2), -n, now() - n * interval '1 hour', n, 'retry', '', '' FROM generate_series(1, 23) AS n;
SELECT is(replay_delivery('acme', pg_temp.of_task(2)), '{"refused":"often"}', 'nothing is tried for ever');
SELECT is(jsonb_array_length(l) || ' ' || (l -> 0 ->> 'ms'), '20 18', 'the last tries are shown, the first of them first')
  FROM (SELECT delivery_line(d, NULL) -> 'attempts' AS l FROM delivery d WHERE id = pg_temp.of_task(2)) AS shown;
UPDATE attempt SET at = at - interval '6 hours' WHERE lease < 0;
SELECT is(replay_refusal(d), NULL, 'a day later it is tried again') FROM delivery d WHERE id = pg_temp.of_task(2);
SELECT pg_temp.target('sms', '+491') AS s \gset
SELECT pg_temp.done(3) \g /dev/null
SELECT pg_temp.try('sms', 'unknown') \g /dev/null
SELECT is(replay_delivery('acme', pg_temp.of_task(3)), '{"refused":"sent"}', 'an SMS that may have been sent is not sent again');
UPDATE delivery SET status = 'delivered' WHERE channel = 'sms';
SELECT is(replay_delivery('acme', pg_temp.of_task(3)), '{"refused":"sent"}', 'nor one that was');
UPDATE delivery SET status = 'failed' WHERE channel = 'sms';
SELECT is(replay_refusal(d), NULL, 'but one that has failed is') FROM delivery d WHERE channel = 'sms';
SELECT add_target('acme', '{"channel":"email","address":"m@example.com","events":[]}', '{}') ->> 'id' AS m \gset
SELECT pg_temp.try('email', 'refused') \g /dev/null
SELECT is(replay_delivery('acme', id), '{"refused":"code_void"}', 'no code is sent again') FROM delivery WHERE event = 'target.verify';
SELECT is(l ? 'task', false, 'what is dead and of no task names none') FROM list_dead(NULL, NULL, 1) AS l;

-- tell_expiring
DELETE FROM queue; DELETE FROM delivery; DELETE FROM target; DELETE FROM dead;
SELECT pg_temp.target('webhook', 'https://a', '{link.expiring}') AS a, pg_temp.target('webhook', 'https://b', '{task.failed}', 'other') \g /dev/null
SELECT pg_temp.done(n, CASE n WHEN 15 THEN '{"mute":["webhook"],"webhook":"https://x"}' ELSE '{}' END::jsonb, CASE n WHEN 11 THEN NULL WHEN 12 THEN 'other' ELSE 'acme' END)
  FROM generate_series(11, 17) AS n \g /dev/null
DELETE FROM queue; DELETE FROM delivery;
SELECT is(tell_expiring('7 days', 9), 0, 'no link ends soon');
UPDATE task SET expires_at = now() + interval '6 days', finished_at = now() - interval '1 month' WHERE id <> pg_temp.task_id(13);
UPDATE task SET finished_at = now() - interval '1 hour' WHERE id = pg_temp.task_id(14);
UPDATE task SET expires_at = now() WHERE id = pg_temp.task_id(17);
UPDATE link SET revoked_at = now() WHERE task_id = pg_temp.task_id(16);
DELETE FROM task WHERE id IN (pg_temp.task_id(1), pg_temp.task_id(2), pg_temp.task_id(3));
INSERT INTO task (id, image_id, owner, status, spec, cost_ms, finished_at, expires_at)
SELECT pg_temp.task_id(n), pg_temp.image_id(11), 'acme', 'done', '{"filters":["sepia"]}', 1, now() - interval '1 month', now() + interval '5 days' FROM generate_series(18, 19) AS n;
INSERT INTO link (task_id, n, object_key, format, width, height, bytes, sha256, filename, expires_at)
SELECT pg_temp.task_id(n), 0, 'r/' || n, 'jpeg', 1, 1, 1, decode(repeat('ab', 32), 'hex'), 'x', now() + interval '5 days' FROM generate_series(18, 19) AS n;
SELECT is(tell_expiring('7 days', 2), 2, 'those that end first are told first');
SELECT set_eq($$ SELECT task_id, event, target, owner FROM delivery $$, format($$ VALUES (%L::uuid, 'link.expiring', 'https://a', 'acme'), (%L, 'link.expiring', 'https://a', 'acme') $$, pg_temp.task_id(18), pg_temp.task_id(19)), 'to their owner');
SELECT is(tell_expiring('7 days', 9), 3, 'then the others are looked at');
SELECT is(count(*), 2::bigint, 'of which none is told: short-lived, muted, revoked') FROM delivery;
SELECT is(tell_expiring('7 days', 9), 0, 'each once');
SELECT is(task -> 'id', to_jsonb(pg_temp.task_id(18)), 'they are claimed with their task') FROM claim_deliveries(:w, 'webhook', 1, '1 min') WHERE target_id IS NOT NULL;
SELECT is(array_agg(right(id::text, 2) ORDER BY id), ARRAY['11', '12', '13', '17'], 'nobody else''s, none that ends later, none that is over') FROM task WHERE expiring_told_at IS NULL;

-- remove_old_rows, cleanup_preview
DELETE FROM queue;
UPDATE delivery SET status = 'delivered', queue_id = NULL, finished_at = now() - interval '2 days' WHERE task_id = pg_temp.task_id(18);
UPDATE delivery SET status = 'delivered', queue_id = NULL, finished_at = now() WHERE task_id = pg_temp.task_id(19);
SELECT is(cleanup_preview('1 day', '1 year', '1 day') -> 'rows', '1', 'an old delivery is to go');
SELECT is(cleanup_preview('1 day', '1 year') -> 'rows', '0', 'after 30 days, if nothing else is said');
UPDATE code_request SET at = now() - interval '23 hours';
SELECT is(remove_old_rows('1 year', 9), 0::bigint, 'which is not so old');
SELECT is(remove_old_rows('1 year', 9, '1 day'), 1::bigint, 'it goes');
SELECT is(pg_temp.of_task(18) IS NULL AND pg_temp.of_task(19) IS NOT NULL, true, 'alone');
UPDATE code_request SET at = now() - interval '25 hours';
SELECT is(remove_old_rows('1 year', 9), 1::bigint, 'that codes were sent is forgotten after a day');

-- end_unclaimed: channels that are off
DELETE FROM queue; DELETE FROM delivery;
SELECT enqueue_delivery(NULL, c, 'target.disabled', 'x', 'acme') FROM unnest(ARRAY['sms', 'topic', 'email']) AS c \g /dev/null
UPDATE queue SET run_at = now() - interval '2 days' WHERE lane <> lane_number('email');
UPDATE queue SET worker_id = :w, lease_until = now() WHERE lane = lane_number('topic');
SELECT is(cleanup_preview('1 day', '1 year', '1 day') -> 'rows', '1', 'what nobody has claimed for as long is to go');
SELECT is(end_unclaimed('1 day', 0), 0::bigint, 'some at a time');
SELECT is(remove_old_rows('1 year', 9, '1 day'), 1::bigint, 'it goes');
SELECT results_eq($$ SELECT channel, status, reason FROM delivery ORDER BY channel $$, $$ VALUES ('email', 'pending', NULL), ('sms', 'failed', 'too_old'), ('topic', 'pending', NULL) $$,
  'neither what is new nor what somebody has');
DELETE FROM queue; DELETE FROM delivery;

-- erase, erase_notifications
SELECT pg_temp.target('webhook', 'https://c') \g /dev/null
SELECT pg_temp.done(21), pg_temp.done(22) \g /dev/null
SELECT add_target('acme', '{"channel":"email","address":"m@example.com","events":[]}', '{}') \g /dev/null
SELECT pg_temp.try('webhook', 'retry') \g /dev/null
SELECT queue_id AS q, lease AS l FROM claim_deliveries(:w, 'webhook', 1, '1 min') \gset
SELECT erase(pg_temp.task_id(21)), erase(pg_temp.task_id(22)) \g /dev/null
SELECT is(count(*), 0::bigint, 'with a task goes what is told of it') FROM queue WHERE lane = lane_number('webhook');
SELECT is(finish_delivery(:w, :q, :l, 'delivered', 200, 1, 'x', '', '1 s'), 'stale', 'whoever tells it');
SELECT is(store_body(:w, :q, :l, 'x'), NULL, 'finds nothing');
SELECT is(begin_delivery(:w, :q, :l), false, 'any more');
SELECT is(erasure_preview('{}', 'acme') -> 'targets', '3', 'where an owner is told goes with it');
SELECT is(erase_notifications('acme'), 3::bigint, 'all of it');
SELECT is((SELECT count(*) FROM target WHERE owner = 'acme') + (SELECT count(*) FROM delivery WHERE owner = 'acme') + (SELECT count(*) FROM code_request)
          + (SELECT count(*) FROM queue), 0::bigint, 'with codes, and what was to be told');
SELECT is(erase_notifications('acme'), 0::bigint, 'once');
SELECT is(count(*), 1::bigint, 'others stay') FROM target;

-- is_of_deliveries, lane_names
SELECT is(array_agg(is_of_deliveries(lane_number(name)) ORDER BY lane_number(name)), ARRAY[false, false, false, true, true, true, true, true], 'three lanes are of images') FROM unnest(lane_names()) AS name;
SELECT is(array_agg(lane_number(name)::integer), ARRAY[0, 1, 2, 10, 11, 12, 13, 14], 'the others of deliveries') FROM unnest(lane_names()) AS name;
SELECT is(array_agg(lane_name(lane_number(name))), lane_names(), 'each has its name') FROM unnest(lane_names()) AS name;

SELECT * FROM finish();
ROLLBACK;
