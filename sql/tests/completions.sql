-- complete_many: tasks that end together, each under its own lease.
BEGIN;
\ir fixture.psql
SELECT plan(19);
SELECT worker_start('host', 1, 'test') AS w1 \gset
SELECT worker_start('host', 2, 'test') AS w2 \gset
SELECT pg_temp.order_photo(n, spec => (CASE n WHEN 3 THEN '{"webhook":"https://example.com/hook"}' WHEN 4 THEN '{"expires_in":60}' ELSE '{}' END)::jsonb)
  FROM generate_series(1, 8) AS n \g /dev/null
CREATE TEMP TABLE had AS
SELECT right(task::text, 1)::integer AS n, :w1 AS worker, queue_id, lease FROM claim(:w1, 'fast', 6, 1000, 1000, '1 min', NULL, '3 months');
INSERT INTO had
SELECT right(task::text, 1)::integer, :w2, queue_id, lease FROM claim(:w2, 'fast', 1, 1000, 1000, '1 min', NULL, '3 months');
SELECT is(count(*), 7::bigint, 'two workers have seven tasks, the eighth waits') FROM had;

-- Tells of these, in this order. The second chain of task 5 was refused.
CREATE FUNCTION pg_temp.tell(which integer[]) RETURNS integer[] LANGUAGE sql AS $$
  SELECT ARRAY(SELECT n FROM had WHERE lease = ANY (told) ORDER BY n)
    FROM (SELECT complete_many(array_agg(h.worker ORDER BY w.ord), array_agg(h.queue_id ORDER BY w.ord), array_agg(h.lease ORDER BY w.ord),
                 array_agg(CASE h.n WHEN 5 THEN jsonb_set(pg_temp.results(5, h.lease), '{1}', '{"status":"failed","error":{"code":"c","detail":"d"}}')
                                    ELSE pg_temp.results(h.n, h.lease) END ORDER BY w.ord), '3 months') AS told
            FROM unnest(which) WITH ORDINALITY AS w(n, ord) JOIN had h USING (n)) AS t $$;
CREATE FUNCTION pg_temp.status(which integer) RETURNS text LANGUAGE sql AS $$ SELECT task_view(pg_temp.task_id(which)) ->> 'status' $$;

UPDATE had SET lease = lease + 1000 WHERE n = 2;
SELECT is(release(:w1, ARRAY[lease]), 1::bigint, 'one is given back') FROM had WHERE n = 6;
SELECT is(pg_temp.tell('{6,5,4,3,2,1}'), '{1,3,4,5}', 'those end that were held, under the lease that is told');
SELECT is(pg_temp.status(n), CASE n WHEN 5 THEN 'failed' ELSE 'done' END, format('task %s has ended', n)) FROM unnest('{1,3,4,5}'::integer[]) AS n;
SELECT is(pg_temp.status(2), 'processing', 'a wrong lease ends nothing');
SELECT is(pg_temp.status(6), 'queued', 'nor does one that was given back');
SELECT results_eq($$ SELECT right(ref::text, 1) FROM queue WHERE lane = 0 ORDER BY 1 $$, $$ VALUES ('2'), ('6'), ('7'), ('8') $$, 'their rows stay, the others are gone');
SELECT results_eq($$ SELECT right(task_id::text, 1), count(*), bool_and(object_key LIKE 'r/test/' || task_id || '/%') FROM link GROUP BY 1 ORDER BY 1 $$,
                  $$ VALUES ('1', 2::bigint, true), ('3', 2, true), ('4', 2, true), ('5', 1, true) $$, 'each has its own links');
SELECT is(expires_at, now() + interval '1 minute', 'which end when their task says') FROM task WHERE id = pg_temp.task_id(4);
SELECT is(errors, '{"1":{"code":"c","detail":"d"}}', 'what was refused is known') FROM task WHERE id = pg_temp.task_id(5);
SELECT results_eq($$ SELECT task_id, event FROM delivery $$, $$ VALUES (pg_temp.task_id(3), 'task.done') $$, 'who wants to be told is');
SELECT is(pg_temp.tell('{1,3,4,5}'), '{}', 'all that once');

-- one that cannot be ended spoils the call, and nothing of it stays
UPDATE had SET lease = lease - 1000 WHERE n = 2;
SELECT throws_ok($$ SELECT complete_many(array_agg(worker), array_agg(queue_id), array_agg(lease),
                      array_agg(CASE n WHEN 2 THEN '[]' ELSE pg_temp.results(n, lease) END), '3 months') FROM had WHERE n IN (2, 7) $$,
                 'P0002', NULL, 'a task without a result for each chain');
SELECT is(pg_temp.status(7), 'processing', 'its neighbour has not ended either');
SELECT is(pg_temp.tell('{7,2}'), '{2,7}', 'tasks of two workers can be told together');
SELECT is(complete_many('{}', '{}', '{}', '{}', '3 months'), '{}', 'nothing is told of nothing');

SELECT * FROM finish();
ROLLBACK;
