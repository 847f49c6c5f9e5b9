-- Who is told of what, by which channel, and what follows from how it went.
BEGIN;
\ir fixture.psql
SELECT plan(122);
SELECT worker_start('host', 1, 'test') AS w \gset
SELECT worker_start('host', 2, 'test') AS w2 \gset
CREATE FUNCTION pg_temp.target(channel text, address text, events text DEFAULT '{task.done,task.failed}', owner text DEFAULT 'acme') RETURNS uuid LANGUAGE sql AS $$
  INSERT INTO target (owner, channel, address, keys, events, status, verified_at)
  VALUES (owner, channel, address, CASE channel WHEN 'push' THEN '{"p256dh":"x","auth":"y"}'::jsonb END, events::text[], 'active', now()) RETURNING id $$;
-- Orders task n, has it done, and says who is told of it.
CREATE FUNCTION pg_temp.done(n integer, spec jsonb DEFAULT '{}', owner text DEFAULT 'acme') RETURNS text[] LANGUAGE plpgsql AS $$
DECLARE c record;
BEGIN
  PERFORM submit_task(pg_temp.request(n, 'fast', spec) || jsonb_build_object('owner', owner));
  SELECT * INTO c FROM claim((SELECT min(id) FROM worker), 'fast', 1, 1000, 1000, '1 min', NULL, '3 months');
  PERFORM complete((SELECT min(id) FROM worker), c.queue_id, c.lease, pg_temp.results(n, c.lease), '3 months');
  RETURN pg_temp.told(n);
END $$;
CREATE FUNCTION pg_temp.told(n integer) RETURNS text[] LANGUAGE sql AS
  $$ SELECT array_agg(channel || ' ' || target ORDER BY channel, target) FROM delivery WHERE task_id = pg_temp.task_id(n) $$;
-- Claims the one delivery that is due by a channel, and ends the try so.
CREATE FUNCTION pg_temp.try(by text, outcome text) RETURNS text LANGUAGE sql AS $$
  SELECT finish_delivery((SELECT min(id) FROM worker), queue_id, lease, outcome, NULL, 1, outcome, '', '1 min')
    FROM claim_deliveries((SELECT min(id) FROM worker), by, 1, '1 min') $$;
CREATE FUNCTION pg_temp.hurry() RETURNS void LANGUAGE sql AS $$ UPDATE queue SET run_at = now() WHERE worker_id IS NULL $$;

-- tell_tasks
SELECT pg_temp.target('webhook', 'https://a') AS a, pg_temp.target('push', 'https://p', '{task.failed}') AS p,
       pg_temp.target('sms', '+491', '{}') AS s, pg_temp.target('email', 'm@example.com') AS m \gset
SELECT pg_temp.target('webhook', 'https://other', owner => 'other') \g /dev/null
SELECT is(pg_temp.done(1, owner => NULL), NULL, 'what is nobody''s is told to nobody');
SELECT is(pg_temp.done(2), ARRAY['email m@example.com', 'webhook https://a'], 'an owner''s to those who want to hear it');
SELECT results_eq($$ SELECT DISTINCT owner, event, status FROM delivery $$, $$ VALUES ('acme', 'task.done', 'pending') $$, 'in its name');
SELECT set_eq($$ SELECT target_id FROM delivery $$, ARRAY[:'a', :'m']::uuid[], 'as its targets');
SELECT set_eq($$ SELECT lane_name(lane), prio::integer, max_attempts::smallint FROM queue $$, $$ VALUES ('email', 1, delivery_attempts()), ('webhook', 1, delivery_attempts()) $$, 'each in its lane');
SELECT is(pg_temp.done(3, '{"mute":["email"]}'), ARRAY['webhook https://a'], 'a channel can be muted');
SELECT is(pg_temp.done(4, '{"mute":["all"]}'), NULL, 'or all');
SELECT is(pg_temp.done(5, '{"mute":["all"],"email":"m@example.com","webhook":"https://b"}'), ARRAY['email m@example.com', 'webhook https://b'],
          'but for what is named');
SELECT is(pg_temp.done(6, '{"sms":"+491","webhook":"https://a"}'), ARRAY['email m@example.com', 'sms +491', 'webhook https://a'], 'what is named is told, too');
SELECT set_eq($$ SELECT target_id FROM delivery WHERE task_id = pg_temp.task_id(6) $$, ARRAY[:'a', :'m', :'s']::uuid[], 'and once, as the target that it is');
SELECT is(pg_temp.done(7, '{"push":{"endpoint":"https://q","keys":{"p256dh":"1","auth":"2"}}}', NULL), ARRAY['push https://q'], 'anybody may name a browser');
SELECT set_eq($$ SELECT target_id, owner FROM delivery WHERE task_id = pg_temp.task_id(5) $$, format($$ VALUES (%L::uuid, 'acme'), (NULL, 'acme') $$, :'m'), 'what is no target is told without one');
SELECT submit_task(pg_temp.request(8) || '{"owner":"acme"}') \g /dev/null
SELECT fail(:w, queue_id, lease, 'broken_image', 'cut short', true, '1 s', '1 s') FROM claim(:w, 'fast', 1, 1000, 1000, '1 min', NULL, '3 months') \g /dev/null
SELECT is(pg_temp.told(8), ARRAY['email m@example.com', 'push https://p', 'webhook https://a'], 'failures to those who want to hear of them');
UPDATE target SET status = 'unverified' WHERE id = :'m';
SELECT is(pg_temp.done(9), ARRAY['webhook https://a'], 'nobody is told where it is not verified');
SELECT tell_tasks(ARRAY[pg_temp.task_id(9), pg_temp.task_id(9)], ARRAY['task.done', 'task.failed']) \g /dev/null
SELECT is(count(*), 3::bigint, 'an event is told once') FROM delivery WHERE task_id = pg_temp.task_id(9);
UPDATE target SET status = 'active' WHERE id = :'m';

-- check_addresses, submit_task, foresee
SELECT throws_ok($$ SELECT pg_temp.done(10, '{"email":"you@example.com"}') $$, 'IF022', 'imgfilter address: email', 'nobody else''s address can be named');
SELECT throws_ok($$ SELECT pg_temp.done(10, '{"sms":"+491"}', 'other') $$, 'IF022', 'imgfilter address: sms', 'nor another''s telephone');
SELECT throws_ok($$ SELECT pg_temp.done(10, '{"email":"m@example.com"}', NULL) $$, 'IF022', 'imgfilter address: email', 'nor any by nobody');
SELECT throws_ok($$ SELECT foresee(pg_temp.request(10, 'fast', '{"sms":"+492"}') || '{"owner":"acme"}') $$, 'IF022', 'imgfilter address: sms', 'which can be foreseen');
SELECT is(foresee(pg_temp.request(10, 'fast', '{"sms":"+491"}') || '{"owner":"acme"}'), NULL, 'one''s own can');
SELECT lives_ok($$ SELECT check_addresses('acme', '{"email":"m@example.com","sms":null}') $$, 'as long as it is verified');
SELECT is(count(*), 0::bigint, 'nothing is left of what was refused') FROM task WHERE id = pg_temp.task_id(10);
DELETE FROM queue; DELETE FROM delivery;

-- claim_deliveries, begin_delivery, defer_delivery
UPDATE target SET events = '{}' WHERE id <> :'s';
SELECT pg_temp.done(11, '{"sms":"+491"}') \g /dev/null
SELECT delivery, queue_id, lease, channel, target_id, owner, secret_numbers, begun, task FROM claim_deliveries(:w, 'sms', 9, '1 min') \gset d_
SELECT is(ROW(:'d_channel', :'d_target_id', :'d_owner', :'d_secret_numbers', :'d_begun')::text, ROW('sms', :'s', 'acme', '{1}', 'f')::text, 'a sender is told all about it');
SELECT is(begin_delivery(:w2, :d_queue_id, :d_lease), false, 'only who has it begins');
SELECT is(begin_delivery(:w, :d_queue_id, :d_lease), true, 'and says so');
SELECT is(status, 'sending', 'then it may have been sent') FROM delivery;
SELECT is(defer_delivery(:w2, :d_queue_id, :d_lease, '1 min'), false, 'only who has it gives it back');
SELECT is(defer_delivery(:w, :d_queue_id, :d_lease, '1 min'), true, 'and may');
SELECT is(d.status || q.attempts || (q.run_at = now() + interval '1 min')::text, 'sending0true', 'for a while, untried, and it may still have been sent') FROM delivery d, queue q WHERE q.id = d.queue_id;
SELECT pg_temp.hurry() \g /dev/null
SELECT is(begin_delivery(:w, queue_id, lease), true, 'it is begun again') FROM claim_deliveries(:w, 'sms', 9, '1 min');
SELECT is(worker_stop(:w), 1::bigint, 'and its sender ends');
SELECT is(attempts::integer, 1, 'the next one has it') FROM claim_deliveries(:w2, 'sms', 9, '1 min') WHERE begun;
SELECT is(finish_delivery(:w2, queue_id, (SELECT lease FROM queue), 'unknown', NULL, 1, 'nobody knows', '', '1 s'), 'unknown', 'who does not send it again') FROM delivery;
SELECT is(d.status || a.outcome || (SELECT count(*) FROM dead), 'unknownunknown0', 'nobody knows, and it is not dead') FROM delivery d JOIN attempt a ON a.delivery_id = d.id;
SELECT is(count(*), 0::bigint, 'it is over') FROM queue;
SELECT worker_start('host', 3, 'test') \gset
DELETE FROM worker WHERE id <> :w2;

-- defer_delivery: a host that is away
CREATE FUNCTION pg_temp.defer(away boolean) RETURNS boolean LANGUAGE sql AS $$
  SELECT defer_delivery(worker_id, id, lease, '1 min', away) FROM queue WHERE worker_id IS NOT NULL $$;
DELETE FROM delivery;
SELECT pg_temp.done(30, '{"sms":"+491"}') \g /dev/null
SELECT claim_deliveries(:w2, 'sms', 9, '1 min'), pg_temp.defer(true) \g /dev/null
SELECT is(run_at, now() + interval '1 min', 'what is new waits for a little') FROM queue;
UPDATE delivery SET queued_at = now() - interval '10 hours', created_at = now() - interval '1 month';
SELECT pg_temp.hurry(), claim_deliveries(:w2, 'sms', 9, '1 min') \g /dev/null
SELECT pg_temp.defer(true) \g /dev/null
SELECT is(run_at, now() + interval '1 hour', 'what is older longer') FROM queue;
SELECT pg_temp.hurry(), claim_deliveries(:w2, 'sms', 9, '1 min') \g /dev/null
SELECT pg_temp.defer(false) \g /dev/null
SELECT is(run_at, now() + interval '1 min', 'but not where the host only has much to do') FROM queue;
UPDATE delivery SET queued_at = now() - interval '5 days 1 s';
SELECT pg_temp.hurry(), claim_deliveries(:w2, 'sms', 9, '1 min') \g /dev/null
SELECT is(pg_temp.defer(false), true, 'after five days it is given back no more');
SELECT is(d.status || d.reason || x.code || (SELECT count(*) FROM queue), 'failedtoo_oldtoo_old0', 'it is given up') FROM delivery d JOIN dead x ON x.ref = d.id;
SELECT is(replay_delivery('acme', id), '{"queued":true}', 'who asks for it again') FROM delivery;
SELECT claim_deliveries(:w2, 'sms', 9, '1 min'), pg_temp.defer(true) \g /dev/null
SELECT is(status || (SELECT (run_at = now() + interval '1 min')::text FROM queue), 'pendingtrue', 'has it wait anew') FROM delivery;
DELETE FROM queue; DELETE FROM delivery;

-- give_up, end_delivery: what nobody knows of is not dead
SELECT pg_temp.done(12, '{"sms":"+491"}') \g /dev/null
SELECT begin_delivery(:w2, queue_id, lease) FROM claim_deliveries(:w2, 'sms', 9, '1 min') \g /dev/null
SELECT give_up(q, 'worker_lost', 'x') FROM queue q \g /dev/null
SELECT is(status || reason || (SELECT count(*) FROM dead), 'unknownworker_lost0', 'one that was begun and given up') FROM delivery WHERE task_id = pg_temp.task_id(12);
SELECT pg_temp.done(13, '{"sms":"+491"}') \g /dev/null
SELECT give_up(q, 'worker_lost', 'x') FROM queue q \g /dev/null
SELECT is(status || reason || (SELECT count(*) FROM dead), 'failedworker_lost1', 'one that was not has failed') FROM delivery WHERE task_id = pg_temp.task_id(13);
SELECT pg_temp.done(14, '{"sms":"+491"}') \g /dev/null
SELECT begin_delivery(:w2, queue_id, lease) FROM claim_deliveries(:w2, 'sms', 9, '1 min') \g /dev/null
SELECT is(finish_delivery(:w2, id, lease, 'retry', 429, 1, 'later', '', '1 min'), 'retry', 'one that was certainly not sent') FROM queue;
SELECT is(status, 'pending', 'waits') FROM delivery WHERE task_id = pg_temp.task_id(14);
SELECT pg_temp.hurry() \g /dev/null
SELECT is(begun, false, 'and has not begun') FROM claim_deliveries(:w2, 'sms', 9, '1 min');
DELETE FROM queue; DELETE FROM delivery; DELETE FROM dead;

-- claims that are to be told to nobody: delivery_refusal
UPDATE target SET events = '{task.done}', failing_since = NULL;
SELECT is(array_length(pg_temp.done(15), 1), 4, 'all are to be told');
SELECT remove_target('acme', :'s') \g /dev/null
SELECT is(status || reason, 'failedtarget_removed', 'what waits for one that is removed, ends') FROM delivery WHERE channel = 'sms';
UPDATE queue SET worker_id = :w2, lease = 77 WHERE lane = lane_number('webhook');
SELECT remove_target('acme', :'a') \g /dev/null
SELECT is(status, 'pending', 'what is being sent does not') FROM delivery WHERE channel = 'webhook';
SELECT is(finish_delivery(:w2, id, 77, 'retry', 500, 1, 'x', '', '1 min'), 'failed', 'but is not sent again') FROM queue WHERE lane = lane_number('webhook');
SELECT is(status || reason || (SELECT count(*) FROM dead), 'failedtarget_removed0', 'and has ended') FROM delivery WHERE channel = 'webhook';
UPDATE target SET status = 'disabled', reason = 'gone', disabled_at = now() WHERE id = :'m';
SELECT is(count(*), 0::bigint, 'nobody is told where it is disabled') FROM claim_deliveries(:w2, 'email', 9, '1 min');
SELECT is(status || reason || (queue_id IS NULL)::text, 'failedtarget_disabledtrue', 'it ends') FROM delivery WHERE channel = 'email';
SELECT tell_tasks(ARRAY[pg_temp.task_id(15)], ARRAY['task.done']), enqueue_delivery(NULL, 'email', 'target.disabled', 'n@example.com', 'acme', :'m'),
       enqueue_delivery(pg_temp.task_id(15), 'email', 'task.done', 'n@example.com', 'acme') \g /dev/null
SELECT is(target, 'n@example.com', 'and what is behind it is claimed in its place') FROM claim_deliveries(:w2, 'email', 1, '1 min');
UPDATE target SET status = 'active', reason = NULL, disabled_at = NULL WHERE id = :'m';
SELECT is(delivery_refusal(d, g), NULL, 'others are') FROM delivery d JOIN target g ON g.id = d.target_id WHERE d.channel = 'push';
SELECT is(delivery_refusal(d, g), 'target_unverified', 'if they are verified')
  FROM delivery d JOIN LATERAL (SELECT * FROM jsonb_populate_record((SELECT t FROM target t WHERE t.id = d.target_id), '{"status":"unverified"}')) AS g ON true WHERE d.channel = 'push';
DELETE FROM queue; DELETE FROM delivery;

-- note_outcome, is_news, has_failed_for_long
SELECT pg_temp.target('webhook', 'https://a') AS a \gset
CREATE FUNCTION pg_temp.a() RETURNS target LANGUAGE sql AS $$ SELECT g FROM target g WHERE address = 'https://a' AND owner = 'acme' $$;
UPDATE target SET events = '{}' WHERE id <> :'a';
SELECT is(is_news(pg_temp.a(), o, 400), o IN ('gone', 'retry'), o || ' at a target that is well') FROM unnest(ARRAY['delivered', 'retry', 'gone', 'refused', 'unknown']) AS o;
SELECT is(is_news(NULL, 'gone', 410), false, 'without a target there is no news');
SELECT pg_temp.done(16) \g /dev/null
SELECT is(pg_temp.try('webhook', 'retry'), 'retry', 'a try fails');
SELECT is((pg_temp.a()).failing_since, now(), 'from now on nothing arrives');
SELECT is(is_news(pg_temp.a(), o, NULL), o IN ('gone', 'delivered'), o || ' at one that is not well') FROM unnest(ARRAY['delivered', 'retry', 'gone', 'refused', 'unknown']) AS o;
SELECT is(is_news(pg_temp.a(), o, 400), o <> 'retry', o || ' by an answer') FROM unnest(ARRAY['delivered', 'retry', 'gone', 'refused', 'unknown']) AS o;
SELECT is(is_news(jsonb_populate_record(pg_temp.a(), jsonb_build_object('channel', c, 'failing_since', NULL)), 'retry', NULL), c IN ('webhook', 'push'), c || ' that does not arrive')
  FROM unnest(ARRAY['webhook', 'email', 'push', 'sms', 'topic']) AS c;
SELECT note_outcome(:'a', 'refused') \g /dev/null
SELECT is((pg_temp.a()).failing_since, NULL, 'who refuses is there');
UPDATE target SET failing_since = now() WHERE id = :'a';
SELECT pg_temp.hurry() \g /dev/null
SELECT is(pg_temp.try('webhook', 'delivered'), 'delivered', 'until it does');
SELECT is((pg_temp.a()).failing_since, NULL, 'which is noted');
UPDATE target SET failing_since = now() - interval '5 days' WHERE id = :'a';
SELECT is(has_failed_for_long(pg_temp.a()), false, 'five days are not long');
SELECT note_outcome(:'a', 'retry') \g /dev/null
SELECT is((pg_temp.a()).status, 'active', 'so it goes on');
UPDATE target SET failing_since = now() - interval '5 days 1 s' WHERE id = :'a';
SELECT is(has_failed_for_long(pg_temp.a()), true, 'more are');
SELECT pg_temp.done(17), pg_temp.done(18) \g /dev/null
SELECT is(pg_temp.try('webhook', 'retry'), 'failed', 'then it is not tried again');
SELECT is((pg_temp.a()).status || (pg_temp.a()).reason, 'disabledfailing', 'the target is disabled');
SELECT is(array_agg(status || coalesce(reason, '-') ORDER BY status), ARRAY['deliverednull', 'failedtarget_disabled', 'failedtarget_disabled'], 'what waits for it, ends') FROM (SELECT status, coalesce(reason, 'null') AS reason FROM delivery WHERE target_id = :'a') AS d;
SELECT is(is_news(pg_temp.a(), 'gone', 410), false, 'no more can happen to it');
SELECT is(pg_temp.done(19), NULL, 'nobody is told there any more');

-- disable_target, end_waiting
SELECT results_eq($$ SELECT channel, target, owner, details, task_id FROM delivery WHERE event = 'target.disabled' $$,
  $$ VALUES ('email', 'm@example.com', 'acme', '{"channel":"webhook","address":"https://a","reason":"failing"}'::jsonb, NULL::uuid) $$, 'its owner is told by e-mail');
SELECT is(delivery IS NOT NULL AND task IS NULL AND details ->> 'address' = 'https://a', true, 'which is claimed like others') FROM claim_deliveries(:w2, 'email', 9, '1 min');
DELETE FROM queue; DELETE FROM delivery;
SELECT enable_target('acme', :'a') \g /dev/null
UPDATE target SET status = 'unverified' WHERE id = :'m';
SELECT pg_temp.done(20) \g /dev/null
SELECT is(pg_temp.try('webhook', 'gone'), 'failed', 'one that is gone');
SELECT is((pg_temp.a()).status || (pg_temp.a()).reason || (SELECT count(*) FROM dead), 'disabledgone0', 'is disabled at once, and nothing is dead');
SELECT is(array_agg(channel || ' ' || target), ARRAY['push https://p'], 'without e-mail all others are told') FROM delivery WHERE event = 'target.disabled';
SELECT is(pg_temp.try('push', 'gone'), 'failed', 'one after the other');
SELECT is(count(*), 1::bigint, 'until nobody is left') FROM delivery WHERE event = 'target.disabled';
SELECT disable_target(g, 'gone') FROM target g WHERE id = :'m' \g /dev/null
SELECT is(status, 'disabled', 'one that never answered can be gone, too') FROM target WHERE id = :'m';
SELECT is(pg_temp.done(21, '{"push":{"endpoint":"https://q","keys":{"p256dh":"1","auth":"2"}}}', NULL), ARRAY['push https://q'], 'a browser without a target');
SELECT is(keys, '{"p256dh":"1","auth":"2"}', 'has its keys from the request') FROM claim_deliveries(:w2, 'push', 9, '1 min');
SELECT is(finish_delivery(:w2, id, lease, 'gone', 410, 1, 'x', '', '1 min') || (SELECT count(*) FROM dead), 'failed0', 'and when it is gone nothing is dead') FROM queue;
SELECT end_waiting(:'a', 'x') \g /dev/null
SELECT is(end_delivery(gen_random_uuid(), 'failed', NULL), NULL, 'what is no more does not end');

-- claim_deliveries, end_waiting: so much at a time
DELETE FROM queue; DELETE FROM delivery;
SELECT enqueue_delivery(NULL, 'webhook', 'task.done', 'https://' || n, 'acme', :'a') FROM generate_series(1, 2002) AS n \g /dev/null
SELECT end_waiting(:'a', 'target_disabled') \g /dev/null
SELECT is(count(*), 1002::bigint, 'a thousand end at once') FROM delivery WHERE status = 'pending';
SELECT is(count(*) FILTER (WHERE queue_id IS NULL), 1::bigint, 'then a thousand at the claim, and there may be more') FROM claim_deliveries(:w2, 'webhook', 1000, '1 min');
SELECT is(count(*), 0::bigint, 'until nothing is due') FROM claim_deliveries(:w2, 'webhook', 1000, '1 min');
SELECT is(count(*), 2002::bigint, 'and all have ended') FROM delivery WHERE reason = 'target_disabled';
SELECT enqueue_delivery(NULL, 'webhook', 'task.done', 'https://' || n, 'acme') FROM generate_series(1, 3) AS n \g /dev/null
UPDATE delivery SET queue_id = nextval('queue_id_seq') WHERE target = 'https://1' AND queue_id IS NOT NULL;
DELETE FROM delivery WHERE target = 'https://2' AND queue_id IS NOT NULL;
SELECT is(array_agg(target), ARRAY['https://3'], 'rows that are of no delivery are not claimed') FROM claim_deliveries(:w2, 'webhook', 9, '1 min');
SELECT is(count(*), 1::bigint, 'and go') FROM queue;

-- end_delivery: what is kept of a letter
DELETE FROM queue; DELETE FROM delivery;
SELECT enqueue_delivery(NULL, c, 'target.disabled', 'x', 'acme') FROM unnest(ARRAY['email', 'webhook', 'sms']) AS c \g /dev/null
UPDATE delivery SET body = 'large';
SELECT pg_temp.try('email', 'retry') \g /dev/null
SELECT is(body, 'large', 'a letter is kept while it is tried') FROM delivery WHERE channel = 'email';
SELECT pg_temp.hurry() \g /dev/null
SELECT pg_temp.try(c, 'delivered') FROM unnest(ARRAY['email', 'webhook']) AS c \g /dev/null
SELECT is(array_agg(channel ORDER BY channel) FILTER (WHERE body IS NOT NULL), ARRAY['sms', 'webhook'], 'and not once it was taken') FROM delivery;

-- deliveries_of, delivery_line, list_deliveries
DELETE FROM queue; DELETE FROM delivery;
SELECT enable_target('acme', :'a') \g /dev/null
SELECT pg_temp.done(n) FROM generate_series(22, 25) AS n \g /dev/null
UPDATE delivery SET created_at = now() - interval '1 s' * right(task_id::text, 2)::integer;
SELECT pg_temp.try('webhook', 'retry') \g /dev/null
SELECT deliveries_of('acme', '{"limit":3}') AS page \gset
SELECT is(jsonb_path_query_array(:'page', '$.deliveries[*].task'), jsonb_build_array(pg_temp.task_id(22), pg_temp.task_id(23), pg_temp.task_id(24)), 'the last come first');
SELECT is(jsonb_path_query_array(deliveries_of('acme', jsonb_build_object('before', :'page'::jsonb ->> 'next')), '$.deliveries[*].task'), jsonb_build_array(pg_temp.task_id(25)), 'the rest on the next page');
SELECT is(deliveries_of('acme', jsonb_build_object('before', :'page'::jsonb ->> 'next')) ? 'next', false, 'which is the last');
SELECT is(deliveries_of('acme', '{"before":"1"}'), '{"refused":"before"}', 'there is no other page');
SELECT is(deliveries_of('other', '{}'), '{"deliveries":[]}', 'others see nothing of it');
SELECT is(jsonb_array_length(deliveries_of('acme', jsonb_build_object('task', pg_temp.task_id(23), 'status', 'pending')) -> 'deliveries'), 1, 'those of a task can be asked for');
SELECT is(jsonb_array_length(deliveries_of('acme', '{"status":"failed","limit":0}') -> 'deliveries'), 0, 'and those that have failed');
SELECT is(l #> '{attempts,0}' || jsonb_build_object('at', 0), '{"at":0,"ms":1,"outcome":"retry","status":null,"detail":"retry"}', 'each with its tries')
  FROM list_deliveries('acme', 'pending', 'webhook', NULL, 9) AS l WHERE jsonb_array_length(l -> 'attempts') = 1;
SELECT is(delivery_line(d, q) - 'id' - 'created_at' - 'target_id', jsonb_build_object('event', 'task.done', 'channel', 'webhook', 'target', 'https://a', 'task', d.task_id, 'status', 'pending',
  'reason', NULL, 'finished_at', NULL, 'next_at', utc(q.run_at), 'attempts', '[]'::jsonb), 'it is shown when the next is') FROM delivery d JOIN queue q ON q.id = d.queue_id WHERE task_id = pg_temp.task_id(25);
SELECT is(count(*), 4::bigint, 'operators see all') FROM list_deliveries(NULL, NULL, NULL, NULL, NULL);
SELECT is(count(*), 1::bigint, 'or of one task') FROM list_deliveries('acme', NULL, NULL, pg_temp.task_id(25), NULL);

SELECT * FROM finish();
ROLLBACK;
