-- What is counted of the service as a whole, for those who watch it.
BEGIN;
\ir fixture.psql
SELECT plan(42);

-- lane_load
SELECT is((SELECT l::text FROM lane_load('fast', 10) AS l), ROW(0, 0, NULL::timestamptz, 0::float8)::text, 'nothing waits');
SELECT pg_temp.order_photo(n, CASE n WHEN 5 THEN 'slow' ELSE 'fast' END) FROM generate_series(1, 5) AS n \g /dev/null
UPDATE task SET cost_ms = 1000 WHERE id = pg_temp.task_id(1);
UPDATE task SET cost_ms = 200 WHERE id <> pg_temp.task_id(1);
UPDATE queue SET run_at = now() - interval '90 seconds' WHERE ref = pg_temp.task_id(1);
UPDATE queue SET run_at = now() + interval '1 hour' WHERE ref = pg_temp.task_id(2);
UPDATE queue SET run_at = now() - interval '1 day', prio = 3 WHERE ref = pg_temp.task_id(3);
SELECT is((SELECT l::text FROM lane_load('fast', 10) AS l),
          ROW(3, 1, now() - interval '90 seconds', 1400::float8)::text, 'what is ready, what is not, its age and its cost');
SELECT is((SELECT ready FROM lane_load('fast', 2)), 2::bigint, 'counted no further than asked for');
SELECT is((SELECT delayed FROM lane_load('fast', 0)), 0::bigint, 'or not at all');
SELECT is((SELECT ROW(ready, cost_ms)::text FROM lane_load('slow', 10)), ROW(1, 200::float8)::text, 'each lane by itself');
INSERT INTO queue (ref, lane, max_attempts, run_at)
SELECT gen_random_uuid(), lane_number('webhook'), 9, now() + n * interval '1 minute' FROM generate_series(-2, 1) AS n;
SELECT is((SELECT ROW(ready, delayed, cost_ms)::text FROM lane_load('webhook', 10)), ROW(3, 1, 0::float8)::text,
          'deliveries take no engine');

-- of many, some are asked what they cost
INSERT INTO task (id, image_id, spec, cost_ms, queue_id)
SELECT pg_temp.task_id(1000 + n), pg_temp.image_id(1), '{}', CASE WHEN n <= 500 THEN 10 ELSE 30 END, 100000 + n
  FROM generate_series(1, 1000) AS n;
INSERT INTO queue (id, ref, lane, max_attempts, run_at)
SELECT 100000 + n, pg_temp.task_id(1000 + n), lane_number('quarantine'), 5, now() - interval '1 hour' + n * interval '1 second'
  FROM generate_series(1, 1000) AS n;
SELECT is((SELECT ROW(ready, cost_ms)::text FROM lane_load('quarantine', 10000)), ROW(1000, 20000::float8)::text,
          'the oldest and the newest speak for all');
DELETE FROM queue WHERE id > 100000;
DELETE FROM task WHERE queue_id > 100000;

-- arrival_cost
UPDATE task SET cost_ms = 600, created_at = now();
SELECT is(round(arrival_cost(1000)::numeric, 6), 0.01, 'five tasks of 0.6 s in five minutes');
UPDATE task SET created_at = now() - interval '6 minutes' WHERE id = pg_temp.task_id(1);
SELECT is(round(arrival_cost(1000)::numeric, 6), 0.008, 'what came earlier does not count');
UPDATE task SET created_at = now() - interval '30 seconds' WHERE id = pg_temp.task_id(2);
SELECT is(round(arrival_cost(4)::numeric, 6), 0.08, 'of many, the last ones: four within half a minute');
SELECT is(round(arrival_cost(2)::numeric, 6), 1.2, 'no rate is of less than a second');
UPDATE task SET created_at = now() - interval '1 day';
SELECT is(arrival_cost(1000), 0::float8, 'nothing comes');

-- links_alive
SELECT worker_start('host', 1, 'test', 4) AS w \gset
SELECT is(links_alive(10), 0::bigint, 'no links');
SELECT queue_id AS q, lease AS l FROM claim(:w, 'slow', 1, 1000, 1000, '1 min', NULL, '3 months') \gset
SELECT complete(:w, :q, :l, pg_temp.results(5, :l), '3 months') \g /dev/null
SELECT is(links_alive(10), 2::bigint, 'two results');
UPDATE link SET expires_at = now() WHERE n = 0;
SELECT is(links_alive(10), 1::bigint, 'one has ended');
UPDATE link SET revoked_at = now();
SELECT is(links_alive(10), 0::bigint, 'and one was revoked');
UPDATE link SET revoked_at = NULL, expires_at = now() + interval '1 day';
SELECT ok(links_alive(1) >= 2, 'beyond what is counted nobody says less than was seen');
INSERT INTO link (task_id, n, object_key, format, width, height, bytes, sha256, filename, expires_at)
SELECT pg_temp.task_id(5), 100 + n, 'r/many/' || n, 'png', 1, 1, 1, decode(repeat('ab', 32), 'hex'), 'x.png', now() + interval '1 day'
  FROM generate_series(1, 2000) AS n;
ANALYZE link;
SELECT ok(links_alive(100) BETWEEN 1500 AND 2500, 'many are estimated');
SELECT is(links_alive(5000), 2002::bigint, 'or counted');

-- lease_end
SELECT is(lease_end(pg_temp.task_id(1)), 'lost', 'somebody else has what is not canceled');
SELECT is(lease_end(pg_temp.task_id(5)), 'done', 'or has done it, if it was not this worker');
UPDATE task SET status = 'expired' WHERE id = pg_temp.task_id(5);
SELECT is(lease_end(pg_temp.task_id(5)), 'expired', 'long ago');
UPDATE task SET status = 'done' WHERE id = pg_temp.task_id(5);
SELECT fail_task(pg_temp.task_id(4), 'broken_image', 'cut short') \g /dev/null
SELECT is(lease_end(pg_temp.task_id(4)), 'failed', 'or failed');
SELECT cancel(pg_temp.task_id(1)) \g /dev/null
SELECT is(lease_end(pg_temp.task_id(1)), 'canceled', 'what is canceled is told from it');
SELECT is(lease_end(pg_temp.task_id(99)), 'canceled', 'as what was erased');

-- count_service
SELECT is(count_service(10) -> 'workers', '1', 'a worker');
SELECT is((count_service(10) ->> 'slots')::numeric, 4::numeric, 'with its engines');
SELECT worker_start('host', 2, 'test') AS teller \gset
SELECT is(count_service(10) -> 'workers', '1', 'who only tells is none');
SELECT worker_start('host', 3, 'test', 8) AS other \gset
SELECT is((count_service(10) ->> 'slots')::numeric, 6::numeric, 'on average');
UPDATE worker SET draining = true WHERE id = :other;
SELECT is(count_service(10) -> 'workers', '1', 'nor one that drains');
DELETE FROM worker;
SELECT is(count_service(10) -> 'slots', 'null', 'of no worker nobody knows');
SELECT throws_ok($$ SELECT worker_start('host', 4, 'test', 0) $$, '23514', NULL, 'a worker without engines is none');
UPDATE queue SET worker_id = 7, lease_until = now() + interval '1 min' WHERE ref = pg_temp.task_id(3);
UPDATE task SET cost_ms = 500;
SELECT is(count_service(10) #> '{lanes,fast}', '{"ready": 1, "oldest": 0, "delayed": 1, "running": 1}'::jsonb, 'a lane');
SELECT is((SELECT count(*) FROM jsonb_object_keys(count_service(10) -> 'lanes')), 8::bigint, 'all lanes');
SELECT is((count_service(10) ->> 'backlog_seconds')::numeric, 0.5, 'what one engine would take');
INSERT INTO dead (id, ref, lane, attempts, code, detail)
SELECT n, gen_random_uuid(), 1, 5, 'internal', '' FROM generate_series(1, 3) AS n;
SELECT is(count_service(10) -> 'dead', '3', 'what was given up');
SELECT is(count_service(2) -> 'dead', '2', 'up to the limit');

-- publish_service_state, service_state
SELECT is(service_state(), NULL, 'nobody has counted');
SELECT is(publish_service_state('1 second', 10), true, 'a worker counts');
SELECT is(publish_service_state('1 second', 10), false, 'but not again at once');
UPDATE service_state SET published_at = now() - interval '7 seconds';
SELECT is(service_state(), count_service(10) || '{"age": 7.000000}', 'and all can tell, and how old it is');
SELECT is(publish_service_state('1 second', 10), true, 'then it is counted anew');

SELECT * FROM finish();
ROLLBACK;
