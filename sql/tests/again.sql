-- A kept original, filtered again: who may, what is counted, and that none is used that a cleanup erases.
BEGIN;
\ir fixture.psql
SELECT plan(31);
SELECT worker_start('host', 1, 'test') AS w \gset

-- Task n for image of task m.
CREATE FUNCTION pg_temp.again(n integer, m integer, more jsonb DEFAULT '{}') RETURNS jsonb LANGUAGE sql AS $$
  SELECT pg_temp.request(n) || more || jsonb_build_object('image', jsonb_build_object(
    'id', pg_temp.image_id(m), 'kept', true, 'width', 640, 'height', 480, 'frames', 1, 'bytes', 0))
$$;
CREATE FUNCTION pg_temp.end_task(n integer) RETURNS void LANGUAGE sql AS
  $$ SELECT fail_task(pg_temp.task_id(n), 'internal_error', 'x') $$;

SELECT pg_temp.order_photo(1) \g /dev/null
SELECT submit_task(pg_temp.request(2) || '{"owner":"acme"}') \g /dev/null

-- image_view
SELECT is(image_view(pg_temp.image_id(1), ''), jsonb_build_object('id', pg_temp.image_id(1), 'format', 'jpeg', 'width', 640, 'height', 480,
          'frames', 1), 'of an anonymous image the id is enough');
SELECT is(image_view(pg_temp.image_id(1), 'acme') ->> 'format', 'jpeg', 'for an owner too');
SELECT is(image_view(pg_temp.image_id(2), 'acme') ->> 'format', 'jpeg', 'an owner may see his own');
SELECT is(image_view(pg_temp.image_id(2), ''), NULL, 'nobody else may');
SELECT is(image_view(pg_temp.image_id(2), NULL), NULL, 'not without a name');
SELECT is(image_view(pg_temp.image_id(2), 'other'), NULL, 'nor with another');
SELECT is(image_view(pg_temp.image_id(9), 'acme'), NULL, 'an image that is not there looks the same');

-- submit_task
SELECT submit_task(pg_temp.again(3, 1)) AS view \gset
SELECT is(:'view'::jsonb #- '{id}' #- '{created_at}', task_view(pg_temp.task_id(1)) #- '{id}' #- '{created_at}', 'the new task has the same image');
SELECT is(submit_task(pg_temp.again(3, 1)), :'view'::jsonb, 'asking twice changes nothing');
SELECT is(count(*), 2::bigint, 'there is no image more') FROM image;
SELECT is(count(*), 3::bigint, 'but a row in the queue') FROM queue;
SELECT is(submit_task(pg_temp.again(4, 1, '{"owner":"acme"}')) ->> 'status', 'queued', 'an owner takes an anonymous image');
SELECT results_eq($$ SELECT t.owner, i.owner FROM task t JOIN image i ON i.id = t.image_id WHERE t.id = pg_temp.task_id(4) $$,
                  $$ VALUES ('acme', NULL::text) $$, 'the task is his, the image stays anonymous');
SELECT results_eq($$ SELECT requests, bytes, megapixels FROM usage WHERE account = 'acme' $$, $$ VALUES (2::bigint, 1000::bigint, 1.2288) $$,
                  'it is counted, but for bytes, of which there are none');
SELECT throws_ok($$ SELECT submit_task(pg_temp.again(5, 1, '{"owner":"acme","quota":{"requests":2}}')) $$, 'IF010', NULL, 'a quota stands against it');
SELECT throws_ok($$ SELECT submit_task(pg_temp.again(5, 2)) $$, 'IF017', 'imgfilter image: unknown', 'another''s image is refused here as well');
SELECT throws_ok($$ SELECT submit_task(pg_temp.again(5, 9)) $$, 'IF017', 'imgfilter image: unknown', 'as is one that is not there');
SELECT is(count(*), 0::bigint, 'nothing of what was refused stays') FROM task WHERE id = pg_temp.task_id(5);
SELECT is(array_agg(DISTINCT object_key ORDER BY object_key), ARRAY['o/test/1', 'o/test/2'], 'workers find the original')
  FROM claim(:w, 'fast', 9, 1000, 1000, '1 min', NULL, '3 months');

-- a new task prolongs the life of an original
UPDATE image SET created_at = now() - interval '2 days';
SELECT pg_temp.end_task(n) FROM generate_series(1, 4) AS n \g /dev/null
UPDATE task SET finished_at = now() - interval '2 hours';
SELECT set_eq($$ SELECT id FROM spent_images('1 hour') $$, ARRAY[pg_temp.image_id(1), pg_temp.image_id(2)], 'two originals are spent');
SELECT submit_task(pg_temp.again(6, 1)) \g /dev/null
SELECT set_eq($$ SELECT id FROM spent_images('1 hour') $$, ARRAY[pg_temp.image_id(2)], 'one is not, with a new task');
SELECT pg_temp.end_task(6) \g /dev/null
SELECT set_eq($$ SELECT id FROM spent_images('1 hour') $$, ARRAY[pg_temp.image_id(2)], 'nor just after it');
SELECT set_eq($$ SELECT image FROM spent_originals('1 hour', 9, '1 min') $$, ARRAY[pg_temp.image_id(2)], 'a cleanup takes the other');

-- what goes or is gone is not used
PREPARE acme AS SELECT submit_task(pg_temp.again(7, 2, '{"owner":"acme"}'));
SELECT throws_ok('acme', 'IF016', 'imgfilter image: gone', 'what a cleanup erases is gone');
UPDATE image SET deleting_until = now() - interval '1 s' WHERE id = pg_temp.image_id(2);
SELECT throws_ok('acme', 'IF016', 'imgfilter image: gone', 'also if the cleanup has died');
SELECT remove_originals(ARRAY[pg_temp.image_id(2)]) \g /dev/null
SELECT throws_ok('acme', 'IF016', 'imgfilter image: gone', 'and what it has erased');
SELECT throws_ok($$ SELECT submit_task(pg_temp.again(7, 2)) $$, 'IF017', NULL, 'which another is not told');
SELECT is(image_view(pg_temp.image_id(2), 'acme') ->> 'width', '640', 'its row is still there');
SELECT is(submit_task(pg_temp.again(2, 2, '{"owner":"acme"}')) ->> 'id', pg_temp.task_id(2)::text, 'a task that was taken is answered, whatever became of its image');

-- Idempotency-Key
CREATE FUNCTION pg_temp.keyed(n integer, m integer) RETURNS jsonb LANGUAGE sql AS $$
  SELECT pg_temp.again(n, m, jsonb_build_object('idempotency', jsonb_build_object('key', 'k', 'client', '192.0.2.1', 'fingerprint', repeat('aa', 32))))
$$;
SELECT is(submit_task(pg_temp.keyed(8, 1)) ->> 'id', pg_temp.task_id(8)::text, 'a key comes to stand for the task');
UPDATE image SET removed_at = now();
SELECT is(submit_task(pg_temp.keyed(9, 1)) ->> 'id', pg_temp.task_id(8)::text, 'and does so without the original');

SELECT * FROM finish();
ROLLBACK;
