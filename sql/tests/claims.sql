-- What a claim takes: as much as memory allows, in order; one range for each priority; nothing for a worker that drains.
-- And what becomes of the tasks that a worker was lost with.
BEGIN;
\ir fixture.psql
SELECT plan(38);
SELECT worker_start('host', 1, 'test') AS w \gset
SELECT worker_start('host', 2, 'test') AS other \gset

-- The numbers of the tasks that a claim takes, in its order.
CREATE FUNCTION pg_temp.claimed(w integer, lane text, n integer, free integer, budget integer) RETURNS integer[] LANGUAGE sql AS
  $$ SELECT coalesce(array_agg(right(task::text, 2)::integer ORDER BY ord), '{}')
       FROM claim(w, lane, n, free, budget, '1 min', NULL, '3 months') WITH ORDINALITY AS c(q, l, lane, p, r, a, memory, task, k, f, b, s, m, trace, at, first, ord) $$;
CREATE FUNCTION pg_temp.drop_all(w integer) RETURNS bigint LANGUAGE sql AS
  $$ SELECT release(w, ARRAY(SELECT lease FROM queue WHERE worker_id = w)) $$;

-- memory
SELECT submit_task(pg_temp.request(n) || jsonb_build_object('memory', (ARRAY[100, 300, 50, 5000, 1])[n])) FROM generate_series(1, 5) AS n \g /dev/null
UPDATE queue SET run_at = now() - interval '1 minute' + interval '1 second' * right(ref::text, 1)::integer;
SELECT results_eq($$ SELECT memory::integer FROM queue ORDER BY run_at $$, ARRAY[100, 300, 50, 5000, 1], 'a task says how much memory it takes');
SELECT results_eq($$ SELECT memory::integer FROM task ORDER BY id $$, ARRAY[100, 300, 50, 5000, 1], 'and keeps saying it');
SELECT is(pg_temp.claimed(:w, 'fast', 9, 99, 1000), '{}', 'what does not fit is not taken, nor what is behind it');
SELECT is(pg_temp.claimed(:w, 'fast', 9, 400, 1000), '{1,2}', 'what fits together is');
SELECT is(pg_temp.drop_all(:w), 2::bigint, 'and given back');
SELECT is(pg_temp.claimed(:w, 'fast', 9, 449, 1000), '{1,2}', 'the next one would be too much');
SELECT is(pg_temp.claimed(:other, 'fast', 2, 1000, 1000), '{3}', 'another worker goes on from there, but a giant needs it all');
SELECT is(pg_temp.claimed(:other, 'fast', 9, 950, 1000), '{}', 'and nothing overtakes it');
SELECT pg_temp.drop_all(:other) \g /dev/null
UPDATE queue SET run_at = run_at + interval '10 seconds' WHERE memory = 50;
SELECT is(pg_temp.claimed(:other, 'fast', 9, 1000, 1000), '{4}', 'once nothing else is there, it runs alone');
SELECT results_eq(format($$ SELECT lane, memory FROM claim(%s, 'fast', 1, 10, 10, '1 min', NULL, '3 months') $$, :w), $$ VALUES ('fast', 1) $$,
                  'a claim tells the lane and the memory');
SELECT pg_temp.drop_all(:w), pg_temp.drop_all(:other) \g /dev/null
SELECT is((SELECT count(*) FROM take(:w, 'fast', 9, NULL, NULL, '1 min', NULL)), 5::bigint, 'without a bound memory is not asked');
SELECT throws_ok($$ SELECT submit_task(pg_temp.request(6) || '{"memory":0}') $$, '23514', NULL, 'no task takes none');
SELECT submit_task(pg_temp.request(6)) \g /dev/null
SELECT is(memory::integer, 64, 'one that does not say takes a little') FROM queue WHERE ref = pg_temp.task_id(6);
DELETE FROM queue;

-- priorities, each bounded from below
SELECT pg_temp.order_photo(n) FROM generate_series(11, 18) AS n \g /dev/null
UPDATE queue SET prio = (right(ref::text, 1)::integer - 1) / 2, run_at = now() - interval '1 minute' * right(ref::text, 1)::integer;
SELECT is(pg_temp.claimed(:w, 'fast', 3, 9000, 9000), '{12,11,14}', 'by priority, then by age');
SELECT pg_temp.drop_all(:w) \g /dev/null
SELECT results_eq(format($$ SELECT task FROM claim(%s, 'fast', 9, 9000, 9000, '1 min', ARRAY[now() - interval '90 s', now() - interval '3 min', now(), NULL], '3 months') $$, :w),
                  $$ SELECT pg_temp.task_id(n) FROM unnest(ARRAY[11, 13, 18, 17]) AS n $$, 'each priority from its own floor');
SELECT is(pg_temp.claimed(:other, 'fast', 9, 200, 9000), '{12,14,16}', 'memory is counted over all of them');

-- a worker that drains
SELECT is(is_draining(:other), false, 'a worker is not draining');
SELECT is(drain(:other), true, 'until it is told');
SELECT is(is_draining(:other), true, 'which it learns');
SELECT is(pg_temp.claimed(:other, 'fast', 9, 9000, 9000), '{}', 'and gets nothing more');
SELECT is(drain(-1), false, 'one that is not cannot be told');
SELECT is(is_draining(-1), false, 'nor does it drain');
SELECT is(array_length(beat(:other, ARRAY(SELECT id FROM queue WHERE worker_id = :other), ARRAY(SELECT lease FROM queue WHERE worker_id = :other), '1 h'), 1),
          NULL, 'it keeps what it has');
SELECT is((SELECT complete(:other, id, lease, pg_temp.results(12, lease), '3 months') FROM queue WHERE ref = pg_temp.task_id(12)), true, 'and finishes it');
SELECT is(worker_stop(:other), 2::bigint, 'the rest it gives back');
SELECT is(is_draining(worker_start('host', 3, 'test')), false, 'its successor starts afresh');

-- quarantine: all that a lost worker held comes back one at a time, but no delivery
DELETE FROM queue;
SELECT pg_temp.order_photo(n, CASE n WHEN 22 THEN 'slow' ELSE 'fast' END) FROM generate_series(21, 23) AS n \g /dev/null
INSERT INTO queue (ref, lane, max_attempts) VALUES (pg_temp.task_id(29), lane_number('webhook'), 10);
SELECT is(pg_temp.claimed(:w, 'fast', 9, 900, 900) || pg_temp.claimed(:w, 'slow', 9, 900, 900), '{21,23,22}', 'a worker has three tasks');
SELECT count(*) FROM take(:w, 'webhook', 9, NULL, NULL, '1 min', NULL) \g /dev/null
UPDATE worker SET beat_at = now() - interval '1 min' WHERE id = :w;
SELECT is(r, ROW(4::bigint, 0::bigint), 'and is lost with them and a delivery') FROM reap('20 s', 100) AS r;
SELECT results_eq($$ SELECT DISTINCT lane, attempts FROM queue ORDER BY lane $$,
                  $$ VALUES (lane_number('quarantine'), 1::smallint), (lane_number('webhook'), 1::smallint) $$, 'the tasks are quarantined, the attempts counted');
UPDATE queue SET run_at = now();
SELECT worker_start('host', 4, 'test') AS next \gset
SELECT is(pg_temp.claimed(:next, 'fast', 9, 900, 900) || pg_temp.claimed(:next, 'slow', 9, 900, 900), '{}', 'they are not where they were');
SELECT is(array_length(pg_temp.claimed(:next, 'quarantine', 1, 900, 900), 1), 1, 'but there, for whoever takes one at a time');
SELECT pg_temp.drop_all(:next) \g /dev/null
SELECT is(count(*), 3::bigint, 'given back, a task stays there') FROM queue WHERE lane = lane_number('quarantine');
SELECT queue_id AS q, lease AS l FROM claim(:next, 'quarantine', 1, 900, 900, '1 min', NULL, '3 months') \gset
SELECT is(fail(:next, :q, :l, 'internal_error', 'x', false, '1 s', '1 s'), 'retry', 'as it does after another failure');
SELECT is(lane, lane_number('quarantine'), 'of whatever kind') FROM queue WHERE id = :q;
SELECT is(lane_number('quarantine'), 2::smallint, 'which is a lane of images');

-- the first claim, whatever attempts say
DELETE FROM queue;
SELECT pg_temp.order_photo(31) \g /dev/null
SELECT is(first_claim, true, 'nobody has had it before') FROM claim(:next, 'fast', 1, 900, 900, '1 min', NULL, '3 months');
SELECT pg_temp.drop_all(:next) \g /dev/null
SELECT is(ROW(attempts, first_claim)::text, '(1,f)', 'given back, it was claimed before') FROM claim(:next, 'fast', 1, 900, 900, '1 min', NULL, '3 months');
SELECT id AS q, lease AS l FROM queue \gset
SELECT fail(:next, :q, :l, 'internal_error', 'x', true, '1 s', '1 s'), requeue(pg_temp.task_id(31)) \g /dev/null
SELECT is(ROW(attempts, first_claim)::text, '(1,f)', 'as one that was put back by the operator') FROM claim(:next, 'fast', 1, 900, 900, '1 min', NULL, '3 months');

SELECT * FROM finish();
ROLLBACK;
