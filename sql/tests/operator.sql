-- What an operator sees of the queue, and what he puts back from the dead.
BEGIN;
\ir fixture.psql
SELECT plan(45);
CREATE FUNCTION pg_temp.ids(listed jsonb[]) RETURNS text LANGUAGE sql AS
  $$ SELECT coalesce(string_agg(ltrim(right(line ->> 'id', 2), '0'), ' ' ORDER BY ord), '') FROM unnest(listed) WITH ORDINALITY AS l(line, ord) $$;
CREATE FUNCTION pg_temp.lane(name text) RETURNS jsonb LANGUAGE sql AS $$ SELECT s FROM queue_status() AS s WHERE s ->> 'lane' = name $$;
CREATE FUNCTION pg_temp.delivery(n integer) RETURNS delivery LANGUAGE sql AS $$ SELECT d FROM delivery d WHERE task_id = pg_temp.task_id(n) $$;

SELECT is(array_agg(lane_name(lane_number(name))), array_agg(name), 'lanes have names') FROM unnest(ARRAY['fast', 'slow', 'quarantine', 'webhook']) AS name;
SELECT is(lane_name(99::smallint), NULL, 'and no others');

-- 1 runs, 2 waits, 3 waits for its time, 4 is slow, 5 has failed, 6 is done, 7 lies with the dead, as does its delivery
SELECT is(pg_temp.lane('fast'), '{"lane":"fast","waiting":0,"delayed":0,"running":0,"oldest":0,"dead":0}', 'an empty lane');
SELECT worker_start('host', 4711, 'test') AS w \gset
SELECT submit_task(pg_temp.request(n, CASE n WHEN 4 THEN 'slow' ELSE 'fast' END,
                     jsonb_build_object('delay', CASE n WHEN 3 THEN 60 ELSE 0 END, 'webhook', CASE n WHEN 7 THEN 'https://example.com/hook' END))
                   || jsonb_build_object('owner', CASE WHEN n IN (1, 2, 5) THEN 'acme' END, 'max_attempts', CASE n WHEN 7 THEN 2 ELSE 5 END))
  FROM generate_series(1, 7) AS n \g /dev/null
UPDATE queue SET prio = 1, run_at = run_at - interval '10 s';
UPDATE queue SET run_at = run_at - interval '5 s' WHERE ref IN (pg_temp.task_id(1), pg_temp.task_id(5), pg_temp.task_id(6), pg_temp.task_id(7));
SELECT is(pg_temp.ids(array_agg(l)), '1 5 6 7 2 3 4', 'open tasks are listed as they will be claimed') FROM list_open_tasks(NULL, NULL, NULL, NULL) AS l;
CREATE TEMPORARY TABLE has AS SELECT * FROM claim(:w, 'fast', 4, 1000, 1000, '1 min', NULL, '3 months');
SELECT fail(:w, queue_id, lease, 'broken_image', 'cut short', true, '1 s', '1 s') FROM has WHERE task = pg_temp.task_id(5) \g /dev/null
SELECT complete(:w, queue_id, lease, pg_temp.results(6, lease), '3 months') FROM has WHERE task = pg_temp.task_id(6) \g /dev/null
UPDATE queue SET attempts = 2 WHERE ref = pg_temp.task_id(7);
SELECT fail(:w, queue_id, lease, 'internal_error', 'no luck', false, '1 s', '1 s') FROM has WHERE task = pg_temp.task_id(7) \g /dev/null

-- queue_status
SELECT is(pg_temp.lane('fast'), '{"lane":"fast","waiting":1,"delayed":1,"running":1,"oldest":10,"dead":1}', 'each lane is counted');
SELECT is(pg_temp.lane('slow') - 'lane', '{"waiting":1,"delayed":0,"running":0,"oldest":10,"dead":0}', 'by itself');
SELECT is(pg_temp.lane('webhook') -> 'waiting', '1', 'deliveries, too');

-- list_open_tasks, list_ended_tasks, list_tasks
SELECT is(pg_temp.ids(array_agg(l)), '1 2 3', 'one lane') FROM list_open_tasks('fast', NULL, NULL, NULL) AS l;
SELECT is(pg_temp.ids(array_agg(l)), '2 3 4', 'what waits') FROM list_open_tasks(NULL, 'queued', NULL, NULL) AS l;
SELECT is(pg_temp.ids(array_agg(l)), '3', 'what waits for its time') FROM list_open_tasks(NULL, 'delayed', NULL, NULL) AS l;
SELECT is(pg_temp.ids(array_agg(l)), '1', 'what is being done') FROM list_open_tasks(NULL, 'processing', NULL, NULL) AS l;
SELECT is(pg_temp.ids(array_agg(l)), '1 2', 'what an owner has') FROM list_open_tasks(NULL, NULL, 'acme', NULL) AS l;
SELECT is(pg_temp.ids(array_agg(l)), '1', 'no more than asked for') FROM list_open_tasks(NULL, NULL, NULL, 1) AS l;
SELECT throws_ok($$ SELECT list_open_tasks('express', NULL, NULL, NULL) $$, 'IF001', NULL, 'a lane must exist');
SELECT is(l, jsonb_build_object('id', pg_temp.task_id(1), 'owner', 'acme', 'status', 'processing', 'lane', 'fast', 'priority', 1, 'attempts', 1, 'max_attempts', 5,
    'worker', :w, 'run_at', utc(now() - interval '15 s'), 'delayed', false, 'memory', 64, 'cost_ms', 12.5, 'filters', '["sepia(0.8)|blur(3)", "grayscale"]'::jsonb,
    'created_at', utc(now()), 'started_at', utc(now())), 'a line says what an operator needs') FROM list_open_tasks(NULL, 'processing', NULL, NULL) AS l;
SELECT is(task_line(t, NULL) ->> 'status', 'done', 'a task without a row has one, too') FROM task t WHERE id = pg_temp.task_id(6);
UPDATE task SET finished_at = now() - interval '2 hours' WHERE id = pg_temp.task_id(5);
SELECT is(pg_temp.ids(array_agg(l)), '7 5', 'the last failure first') FROM list_ended_tasks(NULL, 'failed', NULL, NULL, NULL) AS l;
SELECT is(pg_temp.ids(array_agg(l)), '7', 'of the last hour') FROM list_ended_tasks(NULL, 'failed', NULL, '1 hour', NULL) AS l;
SELECT is(pg_temp.ids(array_agg(l)), '5', 'of an owner') FROM list_ended_tasks('fast', 'failed', 'acme', NULL, NULL) AS l;
SELECT is(pg_temp.ids(array_agg(l)), '', 'of another lane none') FROM list_ended_tasks('slow', 'failed', NULL, NULL, NULL) AS l;
SELECT is(pg_temp.ids(array_agg(l)), '6', 'what is done') FROM list_ended_tasks(NULL, 'done', NULL, NULL, 5) AS l;
SELECT is(pg_temp.ids(array_agg(l)), '7 2', 'named tasks, as they are named') FROM list_tasks(ARRAY[pg_temp.task_id(7), pg_temp.task_id(99), pg_temp.task_id(2)]) AS l;
SELECT is(l ->> 'retry', 'possible', 'one that has failed can be tried again') FROM list_tasks(ARRAY[pg_temp.task_id(7)]) AS l;
SELECT is(requeue_refusal(t), 'not_failed', 'one that is done cannot') FROM task t WHERE id = pg_temp.task_id(6);
UPDATE image SET removed_at = now() WHERE id = pg_temp.image_id(5);
SELECT is(l ->> 'retry', 'original_gone', 'nor one whose original is gone') FROM list_tasks(ARRAY[pg_temp.task_id(5)]) AS l;

-- show_task
SELECT show_task(pg_temp.task_id(7)) AS shown \gset
SELECT is(:'shown'::jsonb #>> '{errors,0,code}', 'internal_error', 'a task is shown with its errors');
SELECT is(:'shown'::jsonb #>> '{image,object_key}', 'o/test/7', 'its image');
SELECT is(:'shown'::jsonb #>> '{deliveries,0,event}', 'task.failed', 'what is told of it');
SELECT is(:'shown'::jsonb #>> '{dead,detail}', 'no luck', 'and what it died of');
SELECT is(jsonb_array_length(show_task(pg_temp.task_id(6)) -> 'links'), 2, 'or its links');
SELECT is(show_task(pg_temp.task_id(99)), NULL, 'one that is not is not shown');

-- list_dead, redrive
SELECT queue_id AS q, lease AS l FROM claim_deliveries(:w, 'webhook', 1, '1 min') \gset
SELECT store_body(:w, :q, :l, 'told'), finish_delivery(:w, :q, :l, 'gone', 410, 1, 'answered 410', '', '1 s') \g /dev/null
SELECT results_eq($$ SELECT l ->> 'lane', l ->> 'code', l ->> 'task', l ->> 'target', l ->> 'redrive' FROM list_dead(NULL, NULL, NULL) AS l $$,
  $$ VALUES ('webhook', 'gone', pg_temp.task_id(7)::text, 'https://example.com/hook', 'possible'), ('fast', 'internal_error', pg_temp.task_id(7)::text, NULL, 'possible') $$,
  'tasks and deliveries lie with the dead');
SELECT id AS task FROM dead WHERE code = 'internal_error' \gset
SELECT id AS told FROM dead WHERE code = 'gone' \gset
SELECT is(array_agg((l ->> 'id')::bigint), ARRAY[:told::bigint], 'by code') FROM list_dead(NULL, 'gone', NULL) AS l;
SELECT is(array_agg((l ->> 'id')::bigint), ARRAY[:task::bigint], 'or by number') FROM list_dead(ARRAY[:task::bigint], NULL, NULL) AS l;
SELECT is(redrive(-1), 'unknown', 'what is not there cannot be put back');
SELECT is(redrive(:told), 'queued', 'a delivery can');
SELECT is(redrive(:told), 'unknown', 'once');
SELECT results_eq($$ SELECT d.status, d.finished_at, q.attempts, q.max_attempts::smallint, q.lane FROM delivery d JOIN queue q ON q.id = d.queue_id $$,
  $$ VALUES ('pending', NULL::timestamptz, 0::smallint, delivery_attempts(), lane_number('webhook')) $$, 'with all its attempts');
SELECT is(body, 'told'::bytea, 'and its bytes') FROM claim_deliveries(:w, 'webhook', 1, '1 min');
SELECT is(redrive(:task), 'queued', 'and a task can');
SELECT is(task_view(pg_temp.task_id(7)) ->> 'status', 'queued', 'as if it had been put back by its name');
SELECT is(count(*), 0::bigint, 'then none is dead') FROM dead;
INSERT INTO dead (id, ref, lane, attempts, code, detail) VALUES (-2, pg_temp.task_id(6), 0, 5, 'x', 'x'), (-3, pg_temp.task_id(98), 10, 5, 'x', 'x');
SELECT results_eq($$ SELECT l ->> 'redrive' FROM list_dead(NULL, 'x', NULL) AS l $$, $$ VALUES ('not_failed'), ('unknown') $$, 'not everything can be put back');
SELECT results_eq($$ SELECT redrive(-2), redrive(-3) $$, $$ VALUES ('not_failed', 'unknown') $$, 'and is not');

-- list_workers
SELECT drain(:w) \g /dev/null
UPDATE worker SET beat_at = now() - interval '7 s';
SELECT is(l - 'started_at', jsonb_build_object('id', :w, 'host', 'host', 'pid', 4711, 'version', 'test', 'beat_age', 7.0, 'draining', true, 'running', 2),
  'workers are listed') FROM list_workers() AS l;

SELECT * FROM finish();
ROLLBACK;
