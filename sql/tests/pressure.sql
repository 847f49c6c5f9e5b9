-- How much waits: counted by whoever asks, or read as a worker has published it.
BEGIN;
\ir fixture.psql
SELECT plan(23);

SELECT pg_temp.order_photo(n, CASE n WHEN 3 THEN 'slow' ELSE 'fast' END) FROM generate_series(1, 3) AS n \g /dev/null

-- queue_pressure, when no worker has published
SELECT is(queue_pressure(10), '{"age":0,"waiting":3}'::jsonb, 'both lanes are counted');
SELECT is(queue_pressure(1) -> 'waiting', '2', 'no further in each than asked for');
SELECT is(queue_pressure(0) -> 'waiting', '0', 'or not at all');
UPDATE queue SET run_at = now() - interval '90 seconds' WHERE ref = pg_temp.task_id(2);
SELECT is(round((queue_pressure(10) ->> 'age')::numeric), 90::numeric, 'the age is that of the oldest');
UPDATE queue SET run_at = now() - interval '2 minutes', prio = 2 WHERE ref = pg_temp.task_id(3);
SELECT is(round((queue_pressure(10) ->> 'age')::numeric), 120::numeric, 'in whatever lane and priority');
UPDATE queue SET lane = lane_number('quarantine') WHERE ref = pg_temp.task_id(3);
SELECT is(round((queue_pressure(10) ->> 'age')::numeric), 120::numeric, 'the quarantine is one of the lanes');
SELECT is(queue_pressure(10) -> 'waiting', '3', 'and counted');
UPDATE queue SET prio = 3 WHERE ref = pg_temp.task_id(3);
SELECT is(round((queue_pressure(10) ->> 'age')::numeric), 90::numeric, 'what lets all others pass has no age');
SELECT is(queue_pressure(10) -> 'waiting', '3', 'but waits');
UPDATE queue SET run_at = now() + interval '1 hour', prio = 1 WHERE ref = pg_temp.task_id(3);
SELECT is(round((queue_pressure(10) ->> 'age')::numeric), 90::numeric, 'what may not run yet has none either');
SELECT is(queue_pressure(10) -> 'waiting', '2', 'nor does it wait');
UPDATE queue SET run_at = now() WHERE ref = pg_temp.task_id(3);

INSERT INTO queue (ref, lane, max_attempts, run_at) VALUES (gen_random_uuid(), lane_number('webhook'), 9, now() - interval '1 day');
SELECT is(round((queue_pressure(10) ->> 'age')::numeric), 90::numeric, 'a delivery is no task');
SELECT is(queue_pressure(10) -> 'waiting', '3', 'nor is it counted');

SELECT worker_start('host', 1, 'test') AS worker \gset
SELECT count(*) FROM claim(:worker, 'fast', 1, 1000, 1000, '1 min', NULL, '3 months') \g /dev/null
SELECT is(queue_pressure(10), '{"age":0,"waiting":2}'::jsonb, 'what a worker has does not wait');

-- publish_queue_state
SELECT is(publish_queue_state('1 second', 1000), true, 'a worker publishes');
SELECT is((SELECT ROW(fast_waiting, slow_waiting, fast_oldest, slow_oldest, published_at)::text FROM queue_state),
          ROW(1, 1, now(), now(), now())::text, 'each lane');
SELECT is(publish_queue_state('1 second', 1000), false, 'but not again at once');
DELETE FROM queue;
SELECT is(queue_pressure(10) -> 'waiting', '2', 'what was published is believed');
UPDATE queue_state SET published_at = now() - interval '4 seconds', slow_oldest = now() - interval '7 seconds';
SELECT is(round((queue_pressure(10) ->> 'age')::numeric), 7::numeric, 'for some seconds');
UPDATE queue_state SET published_at = now() - interval '6 seconds';
SELECT is(queue_pressure(10), '{"age":0,"waiting":0}'::jsonb, 'and then no longer');
SELECT is(publish_queue_state('1 second', 1000), true, 'so it is published anew');
SELECT is((SELECT ROW(fast_waiting, slow_waiting, fast_oldest, slow_oldest)::text FROM queue_state),
          ROW(0, 0, NULL::timestamptz, NULL::timestamptz)::text, 'an empty queue too');
SELECT throws_ok($$ INSERT INTO queue_state (one) VALUES (true) $$, '23505', NULL, 'there is one row');

SELECT * FROM finish();
ROLLBACK;
