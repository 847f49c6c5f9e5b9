-- Two ways that an operator has with a task: to end it before it is done, and to put one that has failed back.
BEGIN;
\ir fixture.psql
SELECT plan(46);
SELECT worker_start('host', 1, 'test') AS w \gset
CREATE FUNCTION pg_temp.status(n integer) RETURNS text LANGUAGE sql AS $$ SELECT task_view(pg_temp.task_id(n)) ->> 'status' $$;

-- cancel: one that waits, one that is being done, one that is over
SELECT submit_task(pg_temp.request(n) || '{"owner":"acme"}') FROM generate_series(1, 3) AS n \g /dev/null
SELECT is(cancel(pg_temp.task_id(1)), 'canceled', 'a task that waits can be canceled');
SELECT is(task_view(pg_temp.task_id(1)) #>> '{results,0,status}', 'canceled', 'its results are');
SELECT results_eq($$ SELECT status::text, version, account, finished_at IS NOT NULL, owner FROM task WHERE id = pg_temp.task_id(1) $$,
                  $$ VALUES ('canceled', 2, NULL::text, true, 'acme') $$, 'it is over, in a new version, and counts no more');
SELECT is(count(*), 0::bigint, 'its row is gone') FROM queue WHERE ref = pg_temp.task_id(1);
SELECT is(cancel(pg_temp.task_id(1)), 'ended', 'once');
SELECT is(cancel(pg_temp.task_id(99)), 'unknown', 'not one that is not');
SELECT queue_id AS q2, lease AS l2 FROM claim(:w, 'fast', 1, 1000, 1000, '1 min', NULL, '3 months') WHERE task = pg_temp.task_id(2) \gset
SELECT is(pg_temp.status(2), 'processing', 'a task that is being done');
SELECT is(cancel(pg_temp.task_id(2)), 'canceled', 'can be, too');
SELECT is(beat(:w, ARRAY[:q2], ARRAY[:l2], '1 min'), ARRAY[:l2::bigint], 'its worker hears it at its next beat');
SELECT is(complete(:w, :q2, :l2, pg_temp.results(2, :l2), '3 months'), false, 'what it makes of it is not taken');
SELECT is(fail(:w, :q2, :l2, 'internal_error', 'x', false, '1 s', '1 s'), 'stale', 'nor how it fails');
SELECT is(release(:w, ARRAY[:l2]), 0::bigint, 'nor can it give it back');
SELECT is(pg_temp.status(2), 'canceled', 'it stays canceled');
SELECT queue_id AS q3, lease AS l3 FROM claim(:w, 'fast', 1, 1000, 1000, '1 min', NULL, '3 months') \gset
SELECT complete(:w, :q3, :l3, pg_temp.results(3, :l3), '3 months') \g /dev/null
SELECT is(cancel(pg_temp.task_id(3)), 'ended', 'what is done is done');
SELECT is(pg_temp.status(3), 'done', 'and keeps its links');
SELECT pg_temp.order_photo(4) \g /dev/null
DELETE FROM queue;
SELECT is(cancel(pg_temp.task_id(4)), 'canceled', 'a task that has lost its row, which should not be, ends as well');

-- requeue: what can be put back
SELECT submit_task(pg_temp.request(n, CASE n WHEN 12 THEN 'slow' ELSE 'fast' END, '{"webhook":"https://example.com/hook"}')
                   || jsonb_build_object('owner', 'acme', 'memory', 100 + n, 'max_attempts', 1)) FROM generate_series(11, 13) AS n \g /dev/null
SELECT is(requeue(pg_temp.task_id(99)), 'unknown', 'one that is not cannot be put back');
SELECT is(requeue(pg_temp.task_id(11)), 'not_failed', 'nor one that waits');
SELECT is(requeue(pg_temp.task_id(1)), 'not_failed', 'nor one that was canceled');
SELECT is(requeue(pg_temp.task_id(3)), 'not_failed', 'nor one that is done');
SELECT lease AS l, queue_id AS q FROM claim(:w, 'fast', 1, 1000, 1000, '1 min', NULL, '3 months') \gset
SELECT is(fail(:w, :q, :l, 'broken_image', 'x', true, '1 s', '1 s'), 'failed', 'one has failed for good');
SELECT is(requeue(pg_temp.task_id(11)), 'queued', 'it is put back');
SELECT results_eq($$ SELECT status::text, version, account, errors, started_at, finished_at FROM task WHERE id = pg_temp.task_id(11) $$,
  $$ VALUES ('queued', 4, 'acme', NULL::jsonb, NULL::timestamptz, NULL::timestamptz) $$, 'as if it had never failed');
SELECT results_eq($$ SELECT lane, prio::smallint, memory::integer, attempts, run_at FROM queue WHERE ref = pg_temp.task_id(11) $$,
  $$ VALUES (lane_number('fast'), 0::smallint, 111, 0::smallint, now()) $$, 'in its old lane, with no attempt behind it');
SELECT is(requeue(pg_temp.task_id(11)), 'not_failed', 'once');
SELECT is(count(*), 1::bigint, 'of which there is one row') FROM queue WHERE ref = pg_temp.task_id(11);
SELECT is(count(*), 0::bigint, 'that it had failed is not told any more') FROM delivery WHERE task_id = pg_temp.task_id(11);
SELECT is(count(*), 0::bigint, 'by nobody') FROM queue WHERE lane = lane_number('webhook');

-- one that died slowly, and of which was told
SELECT lease AS l, queue_id AS q FROM claim(:w, 'slow', 1, 1000, 1000, '1 min', NULL, '3 months') \gset
SELECT is(fail(:w, :q, :l, 'internal_error', 'x', false, '1 s', '1 s'), 'dead', 'one lies with the dead');
SELECT lease AS l, queue_id AS q FROM claim_deliveries(:w, 'webhook', 1, '1 min') \gset
SELECT store_body(:w, :q, :l, 'told'), finish_delivery(:w, :q, :l, 'delivered', 200, 1, '', '', '1 s') \g /dev/null
SELECT is(requeue(pg_temp.task_id(12)), 'queued', 'it is put back, too');
SELECT is(count(*), 0::bigint, 'and rises from the dead') FROM dead;
SELECT results_eq($$ SELECT lane, memory::integer, max_attempts::smallint FROM queue WHERE ref = pg_temp.task_id(12) $$,
  $$ VALUES (lane_number('slow'), 112, 1::smallint) $$, 'with as many attempts as it had');
SELECT is(status, 'delivered', 'what was told stays told') FROM delivery WHERE task_id = pg_temp.task_id(12);
SELECT lease AS l, queue_id AS q FROM claim(:w, 'slow', 1, 1000, 1000, '1 min', NULL, '3 months') \gset
SELECT is(fail(:w, :q, :l, 'internal_error', 'x', false, '1 s', '1 s'), 'dead', 'it dies again');
SELECT is(count(*), 1::bigint, 'which is no news') FROM delivery WHERE task_id = pg_temp.task_id(12);
SELECT requeue(pg_temp.task_id(12)) \g /dev/null
SELECT lease AS l, queue_id AS q FROM claim(:w, 'slow', 1, 1000, 1000, '1 min', NULL, '3 months') \gset
SELECT complete(:w, :q, :l, pg_temp.results(12, :l), '3 months') \g /dev/null
SELECT set_eq($$ SELECT event FROM delivery WHERE task_id = pg_temp.task_id(12) $$, ARRAY['task.failed', 'task.done'], 'but that it is done is');
SELECT is(requeue(pg_temp.task_id(12)), 'not_failed', 'and stays');

-- one that a worker was lost with goes where it is careful; one with a link or without an original goes nowhere
SELECT cancel(pg_temp.task_id(11)) \g /dev/null
SELECT lease AS l, queue_id AS q FROM claim(:w, 'fast', 1, 1000, 1000, '1 min', NULL, '3 months') \gset
UPDATE queue SET lane = lane_number('quarantine'), lease_until = now() - interval '1 s' WHERE id = :q;
SELECT is(r, ROW(0::bigint, 1::bigint), 'one died in the quarantine') FROM reap('20 s', 100) AS r;
SELECT is(requeue(pg_temp.task_id(13)), 'queued', 'it is put back');
SELECT is(lane, lane_number('quarantine'), 'into the quarantine') FROM queue WHERE ref = pg_temp.task_id(13);
SELECT lease AS l, queue_id AS q FROM claim(:w, 'quarantine', 1, 1000, 1000, '1 min', NULL, '3 months') \gset
SELECT complete(:w, :q, :l, jsonb_set(pg_temp.results(13, :l), '{0}', '{"status":"failed","error":{"code":"impossible_chain","detail":"no"}}'), '3 months') \g /dev/null
SELECT is(requeue(pg_temp.task_id(13)), 'has_results', 'what has a link is not begun again');
SELECT pg_temp.order_photo(14) \g /dev/null
SELECT fail_task(pg_temp.task_id(14), 'broken_image', 'x') \g /dev/null
DELETE FROM queue WHERE ref = pg_temp.task_id(14);
UPDATE image SET deleting_until = now() - interval '1 day' WHERE id = pg_temp.image_id(14);
SELECT is(requeue(pg_temp.task_id(14)), 'original_gone', 'nor what a cleanup has begun to erase');
UPDATE image SET deleting_until = NULL, removed_at = now() WHERE id = pg_temp.image_id(14);
SELECT is(requeue(pg_temp.task_id(14)), 'original_gone', 'or has erased');
SELECT is(pg_temp.status(14), 'failed', 'it stays as it was');
SELECT is(keep_original(pg_temp.image_id(13)), true, 'an original that is there is kept');
SELECT is(keep_original(pg_temp.image_id(99)), false, 'one that is not is not');

SELECT * FROM finish();
ROLLBACK;
