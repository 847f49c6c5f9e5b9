-- The parts that other functions are made of, each by itself. What they do together is told elsewhere.
BEGIN;
\ir fixture.psql
SELECT plan(77);
SELECT pg_temp.order_photo(1), submit_task(pg_temp.request(2, spec => '{"webhook":"https://example.com/hook"}') || '{"owner":"acme"}') \g /dev/null
CREATE FUNCTION pg_temp.task(n integer) RETURNS task LANGUAGE sql AS $$ SELECT t FROM task t WHERE id = pg_temp.task_id(n) $$;
CREATE FUNCTION pg_temp.row_of(n integer) RETURNS queue LANGUAGE sql AS $$ SELECT q FROM queue q WHERE ref = pg_temp.task_id(n) $$;

-- what the tables refuse
SELECT throws_ok(format('UPDATE task SET status = %L WHERE id = %L', s, pg_temp.task_id(2)), '23514', NULL, 'no task is ' || s || ' while it has a place in the queue')
  FROM unnest(ARRAY['done', 'failed', 'canceled', 'expired', 'lost']) AS s;
SELECT throws_ok($$ UPDATE task SET queue_id = NULL WHERE id = pg_temp.task_id(2) $$, '23514', NULL, 'nor open without one');
SELECT throws_ok($$ UPDATE queue SET prio = 4 $$, '23514', NULL, 'there are four priorities');
SELECT throws_ok($$ UPDATE image SET frames = 0 $$, '23514', NULL, 'an image has a frame');
SELECT throws_ok($$ UPDATE image SET sha256 = '\xab' $$, '23514', NULL, 'and a digest');

-- the trace of an order: submit_task, task_trace_form, view_of, task_line, claim
CREATE FUNCTION pg_temp.traced(n integer, more jsonb DEFAULT '{}') RETURNS jsonb LANGUAGE sql AS
  $$ SELECT pg_temp.request(n) || jsonb_build_object('trace', pg_temp.trace(more)) $$;
SELECT is(submit_task(pg_temp.traced(4)) ->> 'trace', repeat('4b', 16), 'an order is answered with its trace');
SELECT is(task_view(pg_temp.task_id(4)), view_of_new(pg_temp.traced(4)), 'and shown with it');
SELECT is(show_task(pg_temp.task_id(4)) ->> 'trace', repeat('4b', 16), 'to operators, too');
SELECT is(task_view(pg_temp.task_id(1)) -> 'trace', 'null', 'one without has none');
SELECT is(trace, NULL, 'nor its row') FROM task WHERE id = pg_temp.task_id(1);
SELECT lives_ok($$ UPDATE task SET trace = pg_temp.trace('{"parent":"b7ad6b7169203331"}') WHERE id = pg_temp.task_id(4) $$, 'it may have a parent');
SELECT throws_ok(format('UPDATE task SET trace = %L WHERE id = %L', pg_temp.trace() || w.rong, pg_temp.task_id(4)), '23514', NULL, w.rong::text || ' is refused')
  FROM unnest(ARRAY['{"id":null}', '{"span":"f0"}', '{"parent":""}', '{"flags":1}', '{"received":"now"}']::jsonb[]) AS w(rong);
SELECT throws_ok(format('UPDATE task SET trace = %L WHERE id = %L', '{}', pg_temp.task_id(4)), '23514', NULL, 'as is nothing at all');
DELETE FROM queue WHERE ref = pg_temp.task_id(4);
DELETE FROM task WHERE id = pg_temp.task_id(4);
DELETE FROM image WHERE id = pg_temp.image_id(4);

-- an order's answer: view_of_new
SELECT is(view_of_new(pg_temp.request(1) || '{"lane":"slow"}'), task_view(pg_temp.task_id(1)), 'it is what its task looks like');
SELECT is(view_of_new(jsonb_set(pg_temp.request(1), '{image,filename}', '""')) #> '{image,filename}', 'null', 'a file without a name has none');

-- what is counted: usage_of, charge, open_tasks, enforce_quota, check_quota, spent_usage
SELECT is(usage_of('acme', pg_temp.request(9)), ROW('acme', utc_day(), 1, 1000, 0.614400)::usage, 'a request uses a day''s share');
SELECT is(open_tasks('acme'), 1::bigint, 'an owner has one open task');
SELECT is(open_tasks('nobody'), 0::bigint, 'another has none');
SELECT charge('acme', pg_temp.request(9)) \g /dev/null
SELECT is(requests, 2::bigint, 'a charge is added to what was used') FROM usage WHERE account = 'acme';
SELECT throws_ok($$ SELECT charge('acme', pg_temp.request(9) || '{"quota":{"requests":2}}') $$, 'IF010', NULL, 'and refused where it is too much');
SELECT is(requests, 2::bigint, 'then it is not added') FROM usage WHERE account = 'acme';
SELECT lives_ok($$ SELECT enforce_quota('{"requests":2}', ROW('a', utc_day(), 2, 0, 0)::usage, NULL) $$, 'a quota may be reached');
SELECT throws_ok($$ SELECT enforce_quota('{"requests":2,"bytes":1}', ROW('a', utc_day(), 3, 2, 0)::usage, NULL) $$, 'IF010', 'imgfilter quota: requests 2',
  'but not passed, and the first that is is named');
SELECT throws_ok($$ SELECT enforce_quota('{"open_tasks":1}', ROW('a', utc_day(), 3, 2, 0)::usage, 2) $$, 'IF013', NULL, 'open tasks are one of them');
SELECT lives_ok($$ SELECT check_quota(pg_temp.request(9) || '{"owner":"acme","quota":{"requests":3}}') $$, 'a look ahead adds the request');
SELECT throws_ok($$ SELECT check_quota(pg_temp.request(9) || '{"owner":"acme","quota":{"requests":2}}') $$, 'IF010', NULL, 'to what was used');
INSERT INTO usage VALUES ('ip:192.0.2.1', utc_day() - 1, 1, 1, 1), ('old', utc_day() - 40, 1, 1, 1), ('young', utc_day() - 1, 1, 1, 1);
SELECT set_eq($$ SELECT account FROM spent_usage('30 days') $$, ARRAY['ip:192.0.2.1', 'old'], 'addresses are forgotten after a day, owners later');

-- Idempotency-Key: idempotency_account, idempotency_life, first_task
CREATE FUNCTION pg_temp.keyed(n integer, print text DEFAULT 'aa') RETURNS jsonb LANGUAGE sql AS $$
  SELECT pg_temp.request(n) || jsonb_build_object('idempotency', jsonb_build_object('key', 'k', 'client', '192.0.2.9', 'fingerprint', repeat(print, 32)))
$$;
SELECT is(idempotency_account(pg_temp.keyed(9)), 'ip:192.0.2.9', 'an anonymous key belongs to an address');
SELECT is(idempotency_account(pg_temp.keyed(9) || '{"owner":"acme"}'), 'acme', 'others to an owner');
SELECT is(first_task(pg_temp.keyed(9)), NULL, 'a new key stands for nothing');
SELECT submit_task(pg_temp.keyed(3)) \g /dev/null
SELECT is(first_task(pg_temp.keyed(9)), task_view(pg_temp.task_id(3)), 'then for its task');
SELECT throws_ok($$ SELECT first_task(pg_temp.keyed(9, 'bb')) $$, 'IF014', NULL, 'and no other');
UPDATE idempotency SET created_at = now() - idempotency_life();
SELECT is(first_task(pg_temp.keyed(9)), NULL, 'for a time');

-- what is shown: key_view, view_of, view_with, result_of, is_over
SELECT create_key('acme', 'ci', decode(repeat('ab', 32), 'hex'), '{upload}', '{"requests":5}') \g /dev/null
SELECT is(key_view(k) - 'id', jsonb_build_object('owner', 'acme', 'name', 'ci', 'scopes', '["upload"]'::jsonb, 'quota', '{"requests":5}'::jsonb,
  'created_at', utc(now()), 'revoked_at', NULL), 'a key is shown without its hash') FROM api_key k;
SELECT is(view_of(pg_temp.task(1)), task_view(pg_temp.task_id(1)), 'a task is shown as it is asked for');
SELECT is(view_of(NULL), NULL, 'none is not');
SELECT is(result_of(pg_temp.task(1), 1, 'queued'), '{"filters":"grayscale","status":"queued"}', 'a result is as its task is');
SELECT is(is_over(pg_temp.task(1)), false, 'a task that is open is not over');
SELECT is(view_with(pg_temp.task(1), i), view_of(pg_temp.task(1)), 'who has the image is shown the same') FROM image i WHERE i.id = pg_temp.image_id(1);

-- who may know of an image, and use it: kept_image, use_image
SELECT is((kept_image(pg_temp.image_id(2), 'acme')).id, pg_temp.image_id(2), 'an owner may');
SELECT is(count(*), 0::bigint, 'another may not') FROM kept_image(pg_temp.image_id(2), 'other');
SELECT lives_ok($$ SELECT use_image(pg_temp.image_id(2), 'acme') $$, 'who may know of it may use it');
SELECT throws_ok($$ SELECT use_image(pg_temp.image_id(2), NULL) $$, 'IF017', NULL, 'nobody else');
UPDATE image SET removed_at = now() WHERE id = pg_temp.image_id(2);
SELECT throws_ok($$ SELECT use_image(pg_temp.image_id(2), 'acme') $$, 'IF016', NULL, 'nor when it is gone');

-- rows of the queue: held, put_back, give_up, waiting_in, queue_state_life
SELECT worker_start('host', 1, 'test') AS w \gset
SELECT queue_id AS q, lease AS l FROM claim(:w, 'fast', 1, 1000, 1000, '1 min', NULL, '3 months') WHERE task = pg_temp.task_id(2) \gset
SELECT is((held(:w, :q, :l)).ref, pg_temp.task_id(2), 'a row is held under its lease');
SELECT is(count(*), 0::bigint, 'not under another') FROM held(:w, :q, 0);
SELECT is(count(*), 0::bigint, 'nor by another') FROM held(-1, :q, :l);
SELECT put_back(jsonb_populate_record(pg_temp.row_of(2), '{"lane":1}'), now() + interval '1 min', 4) \g /dev/null
SELECT results_eq($$ SELECT worker_id, lease_until, lane, attempts, run_at FROM pg_temp.row_of(2) $$,
  $$ VALUES (NULL::integer, NULL::timestamptz, 1::smallint, 4::smallint, now() + interval '1 min') $$, 'a row is put back where it is said');
SELECT is((pg_temp.task(2)).status, 'queued', 'and its task waits');
SELECT is(count(*), 0::bigint, 'under no lease') FROM held(:w, :q, :l);
SELECT is(waiting_in('{fast}', 10), ROW(2::bigint, now()), 'what is ready waits');
SELECT is(waiting_in('{slow,quarantine}', 10), ROW(0::bigint, NULL::timestamptz), 'what is not does not');
UPDATE queue SET lane = lane_number('quarantine') WHERE ref = pg_temp.task_id(3);
SELECT is(waiting_in('{fast,slow,quarantine}', 10), ROW(2::bigint, now()), 'lanes are counted together');
SELECT is(waiting_in('{fast,slow,quarantine}', 1), ROW(1::bigint, now()), 'and no further than asked for');
SELECT cmp_ok(queue_state_life(), '>', interval '1 second', 'what is published every second is believed for longer');
SELECT give_up(pg_temp.row_of(2), 'worker_lost', 'gone') \g /dev/null
SELECT results_eq($$ SELECT ref, lane, code, detail FROM dead $$, $$ VALUES (pg_temp.task_id(2), 1::smallint, 'worker_lost', 'gone') $$, 'what is given up lies with the dead');
SELECT is(view_of(pg_temp.task(2)) #> '{results,1,error}', '{"code":"worker_lost","detail":"gone"}', 'and its task has failed');
SELECT results_eq($$ SELECT event, status FROM delivery $$, $$ VALUES ('task.failed', 'pending') $$, 'which is told');

-- ends and what is told: finish_tasks, enqueue_delivery
SELECT finish_tasks(ARRAY[pg_temp.task_id(1)], ARRAY[now() + interval '1 day'], ARRAY[NULL::jsonb]) \g /dev/null
SELECT results_eq($$ SELECT status::text, version, queue_id, expires_at FROM pg_temp.task(1) $$,
  $$ VALUES ('done', 2, NULL::bigint, now() + interval '1 day') $$, 'a task ends');
SELECT finish_tasks(ARRAY[pg_temp.task_id(1)], ARRAY[NULL::timestamptz], ARRAY['{}'::jsonb]) \g /dev/null
SELECT is((pg_temp.task(1)).status, 'done', 'once');
SELECT is(result_of(pg_temp.task(1), 1, 'done'), '{"filters":"grayscale","status":"expired"}', 'a result without a link has expired');
UPDATE task SET expires_at = now() WHERE id = pg_temp.task_id(1);
SELECT is(is_over(pg_temp.task(1)), true, 'as has a task whose links have ended');
SELECT is(view_of(pg_temp.task(1)) ->> 'status' || (view_of(pg_temp.task(1)) ->> 'version'), 'expired3', 'in a version of its own');
SELECT enqueue_delivery(pg_temp.task_id(1), 'webhook', 'task.done', 'https://example.com/a') FROM generate_series(1, 2) \g /dev/null
SELECT is(count(*), 1::bigint, 'an event is told once') FROM delivery WHERE task_id = pg_temp.task_id(1);
SELECT results_eq($$ SELECT q.max_attempts::smallint, q.lane FROM queue q JOIN delivery d ON d.queue_id = q.id AND d.id = q.ref WHERE d.task_id = pg_temp.task_id(1) $$,
  $$ VALUES (delivery_attempts(), lane_number('webhook')) $$, 'in its channel''s lane');
SELECT throws_ok($$ SELECT enqueue_delivery(pg_temp.task_id(1), 'pigeon', 'x', 'x') $$, '23514', NULL, 'by a channel that there is');

-- announce
LISTEN imgfilter;
SELECT lives_ok($$ SELECT announce('fast') $$, 'a lane can be announced');
SELECT throws_ok($$ SELECT announce('express') $$, 'IF001', NULL, 'one that is not cannot');
SELECT is(current_setting('synchronous_commit'), 'off', 'which does not wait for the disk');

SELECT * FROM finish();
ROLLBACK;
