-- Attempts: claims in order, retries, giving back, giving up, and the heartbeat that decides.
BEGIN;
\ir fixture.psql
SELECT plan(42);

SELECT worker_start('host', 1, 'test') AS w1 \gset
SELECT worker_start('host', 2, 'test') AS w2 \gset
SELECT isnt(:w1, :w2, 'every start is another worker');

-- claim: bounded, in order, by priority, not before its time
SELECT pg_temp.order_photo(n) FROM generate_series(1, 5) AS n \g /dev/null
UPDATE queue SET run_at = now() - interval '1 minute' * right(ref::text, 1)::integer;
UPDATE queue SET prio = 0 WHERE ref = pg_temp.task_id(2);
UPDATE queue SET prio = 0, run_at = now() + interval '1 hour' WHERE ref = pg_temp.task_id(3);
SELECT results_eq(format($$ SELECT task FROM claim(%s, 'fast', 2, 1000, 1000, '1 min', NULL, '3 months') $$, :w1),
                  $$ VALUES (pg_temp.task_id(2)), (pg_temp.task_id(5)) $$, 'by priority, then by age, no more than asked for');
SELECT results_eq(format($$ SELECT task FROM claim(%s, 'fast', 9, 1000, 1000, '1 min', ARRAY[NULL, now() - interval '2 min', NULL, NULL], '3 months') $$, :w1),
                  $$ VALUES (pg_temp.task_id(1)) $$, 'not below the floor');
SELECT results_eq(format($$ SELECT task FROM claim(%s, 'fast', 9, 1000, 1000, '1 min', NULL, '3 months') $$, :w2),
                  $$ VALUES (pg_temp.task_id(4)) $$, 'not what another has, nor before its time');
SELECT is(count(DISTINCT lease), 4::bigint, 'no two claims share a lease') FROM queue WHERE worker_id IS NOT NULL;

-- release: the attempt is given back, the place is kept
SELECT id AS q4, lease AS l4, run_at AS r4 FROM queue WHERE ref = pg_temp.task_id(4) \gset
SELECT is(release(:w1, ARRAY[:l4]), 0::bigint, 'nobody else can give it back');
SELECT is(release(:w2, ARRAY[:l4]), 1::bigint, 'its worker can');
SELECT results_eq($$ SELECT attempts, run_at, worker_id FROM queue WHERE ref = pg_temp.task_id(4) $$,
                  format($$ VALUES (0::smallint, %L::timestamptz, NULL::integer) $$, :'r4'), 'as it was');
SELECT is(task_view(pg_temp.task_id(4)) ->> 'status', 'queued', 'and the task is queued');
SELECT is(task_view(pg_temp.task_id(4)) -> 'version', '3', 'in a new version');
SELECT is(complete(:w2, :q4, :l4, pg_temp.results(4, :l4), '3 months'), false, 'what was given back cannot be completed');

-- fail: retry with a growing pause, then dead
SELECT queue_id AS q, lease AS l FROM claim(:w2, 'fast', 1, 1000, 1000, '1 min', NULL, '3 months') \gset
SELECT is(fail(:w1, :q, :l, 'internal_error', 'why', false, '10 s', '15 s'), 'stale', 'a failure under a foreign lease is stale');
SELECT is(fail(:w2, :q, :l, 'internal_error', 'why', false, '10 s', '15 s'), 'retry', 'a first failure is tried again');
SELECT is(fail(:w2, :q, :l, 'internal_error', 'why', false, '10 s', '15 s'), 'stale', 'once');
SELECT ok(run_at BETWEEN now() + interval '5 s' AND now() + interval '15 s', 'after a pause, give or take half') FROM queue WHERE id = :q;
SELECT is(task_view(pg_temp.task_id(4)) ->> 'status', 'queued', 'until then it is queued');
UPDATE queue SET run_at = now(), attempts = 3 WHERE id = :q;
SELECT lease AS l FROM claim(:w2, 'fast', 1, 1000, 1000, '1 min', NULL, '3 months') \gset
SELECT is(fail(:w2, :q, :l, 'internal_error', 'why', false, '10 s', '15 s'), 'retry', 'a fourth, too');
SELECT ok(run_at BETWEEN now() + interval '7 s' AND now() + interval '23 s', 'with a capped pause') FROM queue WHERE id = :q;
UPDATE queue SET run_at = now() WHERE id = :q;
SELECT lease AS l FROM claim(:w2, 'fast', 1, 1000, 1000, '1 min', NULL, '3 months') \gset
SELECT is(fail(:w2, :q, :l, 'internal_error', 'why', false, '10 s', '15 s'), 'dead', 'the fifth is the last');
SELECT results_eq($$ SELECT ref, attempts, code, detail FROM dead $$,
                  $$ VALUES (pg_temp.task_id(4), 5::smallint, 'internal_error', 'why') $$, 'it lies with the dead');
SELECT is(task_view(pg_temp.task_id(4)) ->> 'status', 'failed', 'and the task has failed');
SELECT is(task_view(pg_temp.task_id(4)) #> '{results,1}',
          '{"filters":"grayscale","status":"failed","error":{"code":"internal_error","detail":"why"}}', 'with a reason in each result');

-- fail: permanent
SELECT id AS q, lease AS l FROM queue WHERE ref = pg_temp.task_id(5) \gset
SELECT is(fail(:w1, :q, :l, 'broken_image', 'cut short', true, '1 s', '1 s'), 'failed', 'a refusal ends it at once');
SELECT is(count(*), 1::bigint, 'without a place among the dead') FROM dead;
SELECT is(count(*), 0::bigint, 'and its row is gone') FROM queue WHERE id = :q;

-- complete: one chain refused
SELECT id AS q, lease AS l FROM queue WHERE ref = pg_temp.task_id(1) \gset
SELECT is(complete(:w1, :q, :l, jsonb_set(pg_temp.results(1, :l), '{0}',
            '{"status":"failed","error":{"code":"impossible_chain","detail":"no"}}'), '3 months'), true, 'mixed results are taken');
SELECT is(task_view(pg_temp.task_id(1)) ->> 'status', 'failed', 'one that failed makes the task failed');
SELECT results_eq($$ SELECT r ->> 'status' FROM jsonb_array_elements(task_view(pg_temp.task_id(1)) -> 'results') AS r $$,
                  ARRAY['failed', 'done'], 'but the other keeps its link');

-- beat
SELECT id AS q, lease AS l FROM queue WHERE ref = pg_temp.task_id(2) \gset
SELECT is(beat(:w1, ARRAY[:q, :q], ARRAY[:l, 0], '1 h'), ARRAY[0::bigint], 'a beat names the leases that are lost');
SELECT ok(lease_until > now() + interval '50 min', 'and extends the others') FROM queue WHERE id = :q;
SELECT is(beat(-1, '{}', '{}', '1 min'), NULL, 'a worker that was struck off is told');

-- reap
SELECT is(r, ROW(0::bigint, 0::bigint), 'nothing to reap') FROM reap('20 s', 100) AS r;
UPDATE worker SET beat_at = now() - interval '1 min' WHERE id = :w1;
SELECT is(r, ROW(1::bigint, 0::bigint), 'a silent worker loses what it holds') FROM reap('20 s', 100) AS r;
SELECT results_eq(format($$ SELECT attempts, lane FROM queue WHERE id = %s $$, :q), $$ VALUES (1::smallint, lane_number('quarantine')) $$,
                  'the attempt is counted, and the task is one of those that come back one at a time');
SELECT is(count(*), 0::bigint, 'and the worker is struck off') FROM worker WHERE id = :w1;
UPDATE queue SET run_at = now(), max_attempts = 2 WHERE id = :q;
SELECT lease AS l FROM claim(:w2, 'quarantine', 1, 1000, 1000, '1 min', NULL, '3 months') \gset
UPDATE queue SET lease_until = now() - interval '1 s' WHERE id = :q;
SELECT is(r, ROW(0::bigint, 1::bigint), 'a lease that ran out for the last time is the end') FROM reap('20 s', 100) AS r;
SELECT results_eq(format($$ SELECT lane, code, detail FROM dead WHERE id = %s $$, :q),
                  $$ VALUES (lane_number('quarantine'), 'worker_lost', 'the work was begun 2 times and never ended') $$, 'it lies with the dead, and why');
SELECT is(task_view(pg_temp.task_id(2)) ->> 'status', 'failed', 'of the task, too');
SELECT is(fail(:w2, :q, :l, 'internal_error', 'late', false, '1 s', '1 s'), 'stale', 'a late word changes nothing');

-- worker_stop
UPDATE queue SET run_at = now() WHERE ref = pg_temp.task_id(3);
SELECT is(count(*), 1::bigint, 'the last one') FROM claim(:w2, 'fast', 9, 1000, 1000, '1 min', NULL, '3 months');
SELECT is(worker_stop(:w2), 1::bigint, 'leaving gives back what is held');
SELECT is(attempts, 0::smallint, 'with its attempt') FROM queue WHERE ref = pg_temp.task_id(3);

SELECT * FROM finish();
ROLLBACK;
