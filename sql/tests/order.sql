-- An order's way from submit_task to a link: the functions of the edge and the plain case of the worker's.
BEGIN;
\ir fixture.psql
SELECT plan(36);

-- submit_task
SELECT pg_temp.order_photo(1) AS view \gset
SELECT is(:'view'::jsonb - 'created_at', jsonb_build_object(
  'id', pg_temp.task_id(1), 'version', 1, 'status', 'queued',
  'image', jsonb_build_object('id', pg_temp.image_id(1), 'format', 'jpeg', 'width', 640, 'height', 480, 'frames', 1,
                              'bytes', 1000, 'sha256', repeat('ab', 32), 'filename', 'photo.jpg'),
  'results', '[{"filters":"sepia(0.8)|blur(3)","status":"queued"},{"filters":"grayscale","status":"queued"}]'::jsonb, 'trace', NULL),
  'submit_task answers with the view');
SELECT matches(:'view'::jsonb ->> 'created_at', '^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$', 'times are RFC 3339 in UTC');
SELECT is(pg_temp.order_photo(1), :'view'::jsonb, 'asking twice changes nothing');
SELECT is(count(*), 1::bigint, 'and queues once') FROM queue;
SELECT is(task_view(pg_temp.task_id(1)), :'view'::jsonb, 'task_view shows the same');
SELECT is(task_view(pg_temp.task_id(999)), NULL, 'an unknown task is NULL');
SELECT throws_ok($$ SELECT pg_temp.order_photo(2, lane => 'express') $$, 'IF001', NULL, 'a lane must exist');
SELECT throws_ok($$ SELECT submit_task(pg_temp.request(3) || '{"image":{"id":null}}') $$, '23502', NULL, 'an image must be whole');
SELECT is(count(*), 1::bigint, 'nothing is left of a refused order') FROM image;

-- changed_tasks
SELECT is(changed_tasks(ARRAY[pg_temp.task_id(1)], '{1}', 9), NULL, 'nothing new');
SELECT is(changed_tasks(ARRAY[pg_temp.task_id(1)], '{2}', 9), NULL, 'nor is an earlier version');
SELECT is(changed_tasks('{}', '{}', 9), NULL, 'nobody watches anything');
SELECT is(changed_tasks(ARRAY[pg_temp.task_id(1)], '{0}', 9), jsonb_build_array(:'view'::jsonb), 'a change is told as the view');
SELECT is(changed_tasks(ARRAY[pg_temp.task_id(998), pg_temp.task_id(1)], '{1,1}', 9),
          jsonb_build_array(jsonb_build_object('id', pg_temp.task_id(998), 'erased', true)), 'and what is there no more');
SELECT is(jsonb_array_length(changed_tasks(array_agg(pg_temp.task_id(900 + n)), array_agg(1), 2)), 2, 'so many at a time')
  FROM generate_series(1, 5) AS n;
SELECT throws_ok($$ SELECT changed_tasks(array_fill(pg_temp.task_id(1), ARRAY[1001]), array_fill(1, ARRAY[1001]), 9) $$, 'IF002', NULL,
                 'at most 1000 can be watched');
SELECT is(changed_tasks(array_fill(pg_temp.task_id(1), ARRAY[1000]), array_fill(1, ARRAY[1000]), 9), NULL, 'and as many can');

-- claim
SELECT worker_start('host', 1, 'test') AS worker \gset
SELECT is(count(*), 0::bigint, 'a worker that is unknown gets nothing') FROM claim(-1, 'fast', 9, 1000, 1000, '1 min', NULL, '3 months');
SELECT is(count(*), 0::bigint, 'the other lane is empty') FROM claim(:worker, 'slow', 9, 1000, 1000, '1 min', NULL, '3 months');
SELECT * FROM claim(:worker, 'fast', 9, 1000, 1000, '1 min', NULL, '3 months') \gset c_
SELECT is(:'c_task'::uuid, pg_temp.task_id(1), 'the task is claimed');
SELECT is(:c_attempts, 1, 'the claim counts as an attempt');
SELECT is(:'c_month', to_char((now() AT TIME ZONE 'UTC') + interval '3 months', 'YYYYMM'), 'with the month its links end in');
SELECT is(task_view(pg_temp.task_id(1)) ->> 'status', 'processing', 'and its status is processing');
SELECT is(task_view(pg_temp.task_id(1)) -> 'version', '2', 'which is a new version');
SELECT is(count(*), 0::bigint, 'it is claimed once') FROM claim(:worker, 'fast', 9, 1000, 1000, '1 min', NULL, '3 months');

-- complete
SELECT is(complete(:worker, :c_queue_id, :c_lease - 1, pg_temp.results(1, 1), '3 months'), false, 'a stale lease is refused');
SELECT throws_ok(format($$ SELECT complete(%s, %s, %s, '[]', '3 months') $$, :worker, :c_queue_id, :c_lease), 'P0002', NULL,
                 'every chain must have its result');
SELECT is(complete(:worker, :c_queue_id, :c_lease, pg_temp.results(1, :c_lease), '3 months'), true, 'the right lease is taken');
SELECT is(complete(:worker, :c_queue_id, :c_lease, pg_temp.results(1, :c_lease), '3 months'), false, 'once');
SELECT is(task_view(pg_temp.task_id(1)) - 'image' - 'created_at' #- '{results,0,link}' #- '{results,0,expires_at}'
                                 #- '{results,1,link}' #- '{results,1,expires_at}',
  jsonb_build_object('id', pg_temp.task_id(1), 'version', 3, 'status', 'done', 'trace', NULL, 'results', jsonb_build_array(
    '{"filters":"sepia(0.8)|blur(3)","status":"done","format":"jpeg","width":640,"height":480,"bytes":500,"filename":"photo.jpg"}'::jsonb,
    '{"filters":"grayscale","status":"done","format":"jpeg","width":640,"height":480,"bytes":500,"filename":"photo.jpg"}'::jsonb)),
  'the view shows the results');
SELECT is(count(*), 0::bigint, 'the hot row is gone') FROM queue;

-- link_view
SELECT link_view((task_view(pg_temp.task_id(1)) #>> '{results,1,link}')::uuid) AS link \gset
SELECT is(:'link'::jsonb ->> 'object_key', format('r/test/%s/1-%s.jpg', pg_temp.task_id(1), :c_lease), 'a link leads to its object');
SELECT is((:'link'::jsonb -> 'seconds')::bigint, extract(epoch FROM (now() AT TIME ZONE 'UTC' + interval '3 months') AT TIME ZONE 'UTC' - now())::bigint,
          'and ends in three calendar months');
SELECT is(:'link'::jsonb -> 'gone', 'false', 'which are not over');
SELECT is(link_view(gen_random_uuid()), NULL, 'an unknown link is NULL');

SELECT is(edge_ready(), true, 'the database is ready');
SELECT * FROM finish();
ROLLBACK;
