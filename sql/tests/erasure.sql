-- What is erased leaves nothing, and takes nothing of others along.
BEGIN;
\ir fixture.psql
SELECT plan(53);
-- Everywhere that something of task n may be: rows, and objects that are to be deleted.
CREATE FUNCTION pg_temp.left_of(of integer) RETURNS bigint LANGUAGE sql AS $$
  SELECT (SELECT count(*) FROM task WHERE id = pg_temp.task_id(of)) + (SELECT count(*) FROM link WHERE task_id = pg_temp.task_id(of))
       + (SELECT count(*) FROM delivery WHERE task_id = pg_temp.task_id(of)) + (SELECT count(*) FROM queue WHERE ref = pg_temp.task_id(of))
       + (SELECT count(*) FROM queue q JOIN delivery d ON d.id = q.ref WHERE d.task_id = pg_temp.task_id(of))
       + (SELECT count(*) FROM dead WHERE ref = pg_temp.task_id(of)) + (SELECT count(*) FROM idempotency WHERE task_id = pg_temp.task_id(of)) $$;
CREATE FUNCTION pg_temp.has_original(n integer) RETURNS boolean LANGUAGE sql AS
  $$ SELECT EXISTS (SELECT FROM image WHERE id = pg_temp.image_id(n)) $$;

-- 1 is done and told, 2 waits, 3 runs, 4 has failed for good, 5 and 6 are done; 4, 5 and 6 are acme's
SELECT worker_start('host', 1, 'test') AS w \gset
SELECT submit_task(pg_temp.request(n, 'fast', jsonb_build_object('webhook', CASE WHEN n IN (1, 4) THEN 'https://example.com/hook' END))
                   || jsonb_build_object('owner', CASE WHEN n >= 4 THEN 'acme' END, 'max_attempts', 1)
                   || CASE n WHEN 1 THEN jsonb_build_object('idempotency', jsonb_build_object('key', 'k', 'client', '192.0.2.1', 'fingerprint', repeat('ef', 32))) ELSE '{}' END)
  FROM generate_series(1, 6) AS n \g /dev/null
UPDATE queue SET prio = 1, run_at = run_at - CASE WHEN ref = pg_temp.task_id(2) THEN interval '0' ELSE interval '5 s' END;
CREATE TEMPORARY TABLE has AS SELECT * FROM claim(:w, 'fast', 5, 1000, 1000, '1 min', NULL, '3 months');
SELECT is(array_agg(right(task::text, 1) ORDER BY task), ARRAY['1', '3', '4', '5', '6'], 'five are claimed') FROM has;
SELECT complete(:w, queue_id, lease, pg_temp.results(right(task::text, 1)::integer, lease), '3 months') FROM has
 WHERE task IN (pg_temp.task_id(1), pg_temp.task_id(5), pg_temp.task_id(6)) \g /dev/null
SELECT fail(:w, queue_id, lease, 'internal_error', 'no luck', false, '1 s', '1 s') FROM has WHERE task = pg_temp.task_id(4) \g /dev/null
SELECT array_agg(object_key) AS results FROM link WHERE task_id = pg_temp.task_id(1) \gset

-- whose it is
SELECT is(erase_task(pg_temp.task_id(99), NULL), NULL, 'what is not cannot be erased');
SELECT is(erase_task(pg_temp.task_id(5), NULL), '{"refused":"owner"}', 'what is an owner''s is not erased by nobody');
SELECT is(erase_task(pg_temp.task_id(5), ''), '{"refused":"owner"}', 'called by whatever name');
SELECT is(erase_task(pg_temp.task_id(5), 'other'), '{"refused":"owner"}', 'nor by another');
SELECT is(task_view(pg_temp.task_id(5)) ->> 'status', 'done', 'and is still there');

-- a task that is done
SELECT is(pg_temp.left_of(1), 6::bigint, 'task, links, delivery, its row in the queue, idempotency');
SELECT is(erase_task(pg_temp.task_id(1), 'acme'), '{"removed":{"originals":1,"results":2,"links":2}}', 'what is nobody''s is erased by whoever has its id');
SELECT is(pg_temp.left_of(1), 0::bigint, 'no row is left of it');
SELECT is(count(*), 0::bigint, 'in the queue neither') FROM queue WHERE lane = lane_number('webhook') AND ref NOT IN (SELECT id FROM delivery);
SELECT is(pg_temp.has_original(1), false, 'its image is gone');
SELECT is(task_view(pg_temp.task_id(1)), jsonb_build_object('id', pg_temp.task_id(1), 'erased', true), 'that it was erased is known');
SELECT is(changed_tasks(ARRAY[pg_temp.task_id(1)], '{3}', 9),
          jsonb_build_array(jsonb_build_object('id', pg_temp.task_id(1), 'erased', true)), 'and told to whoever waits');
SELECT is(erase_task(pg_temp.task_id(1), NULL), '{"erased":true}', 'again it is said that it was erased');
SELECT is(first_task(pg_temp.request(1) || jsonb_build_object('idempotency', jsonb_build_object('key', 'k', 'client', '192.0.2.1', 'fingerprint', repeat('ef', 32)))),
          NULL, 'its Idempotency-Key is free');
SELECT throws_ok($$ SELECT pg_temp.order_photo(1) $$, 'IF018', 'imgfilter task: erased', 'it is not made again');
SELECT throws_ok($$ SELECT foresee(pg_temp.request(1)) $$, 'IF018', 'imgfilter task: erased', 'which can be foreseen');
SELECT is(pg_temp.left_of(1), 0::bigint, 'and nothing of it is there');
SELECT is(pg_temp.has_original(1), false, 'its image neither');
SELECT set_eq($$ SELECT object_key FROM purge $$, :'results'::text[], 'the edges are told of its results');
SELECT set_eq($$ SELECT object_key FROM erased_object $$, :'results'::text[] || 'o/test/1'::text, 'its objects are left to the cleanup');
SELECT is(cleanup_preview('1 day', '1 day') -> 'erased', '3', 'a preview counts them');

-- erase_objects, erased_objects, remove_erased_objects
SELECT is(count(*), 2::bigint, 'they come in batches') FROM erased_objects(2, '1 min');
SELECT array_agg(o) AS last FROM erased_objects(9, '1 min') AS o \gset
SELECT is(cardinality(:'last'::text[]), 1, 'leased to one at a time');
SELECT is(count(*), 0::bigint, 'and not again') FROM erased_objects(9, '1 min');
UPDATE erased_object SET deleting_until = now() - interval '1 s' WHERE object_key = ANY (:'last');
SELECT is(count(*), 1::bigint, 'before the lease is over') FROM erased_objects(9, '1 min');
SELECT is(erased_left(now(), now()), 3::bigint, 'what is left to delete is known');
SELECT is(erased_left(now() - interval '1 h', now() - interval '1 min'), 0::bigint, 'by the time when it was erased');
SELECT is(remove_erased_objects(:'last'), 1::bigint, 'what is gone is struck off');
SELECT is(remove_erased_objects(:'last'), 0::bigint, 'once');
SELECT is(count(*), 2::bigint, 'and the rest stays') FROM erased_object;
SELECT erase_objects(ARRAY['o/test/98', NULL, 'o/test/98'::text]) \g /dev/null
SELECT is(count(*), 3::bigint, 'what is there already is not there twice') FROM erased_object;
DELETE FROM erased_object;

-- one that waits, one that runs, one that is dead
SELECT is(erase_task(pg_temp.task_id(2), NULL), '{"removed":{"originals":1,"results":0,"links":0}}', 'one that waits is canceled first');
SELECT is(pg_temp.left_of(2), 0::bigint, 'and leaves nothing');
SELECT is(erase_task(pg_temp.task_id(3), NULL), '{"removed":{"originals":1,"results":0,"links":0}}', 'so is one that runs');
SELECT is(pg_temp.left_of(3), 0::bigint, 'and leaves nothing');
SELECT is(complete(:w, queue_id, lease, pg_temp.results(3, lease), '3 months'), false, 'its worker comes too late') FROM has WHERE task = pg_temp.task_id(3);
SELECT is(erase(pg_temp.task_id(4)), '{"originals":1,"results":0,"links":0}', 'one that is dead is erased');
SELECT is(pg_temp.left_of(4), 0::bigint, 'and leaves nothing');

-- an original that others use
SELECT submit_task(jsonb_set(pg_temp.request(7), '{image}', jsonb_build_object('id', pg_temp.image_id(5), 'kept', true, 'width', 640, 'height', 480, 'frames', 1, 'bytes', 0)) || '{"owner":"acme"}') \g /dev/null
DELETE FROM erased_object;
SELECT is(erase_task(pg_temp.task_id(5), 'acme'), '{"removed":{"originals":0,"results":2,"links":2}}', 'an original that another task has stays');
SELECT is(count(*), 2::bigint, 'so does its object') FROM erased_object;

-- all of an owner
SELECT submit_task(pg_temp.request(8) || '{"owner":"acme"}') \g /dev/null
DELETE FROM queue WHERE ref = pg_temp.task_id(8);
DELETE FROM task WHERE id = pg_temp.task_id(8);
SELECT pg_temp.order_photo(9) \g /dev/null
SELECT is(array_agg(i.id), ARRAY[pg_temp.image_id(8)], 'an original may be there without a task') FROM lone_images('acme') AS i;
SELECT set_eq($$ SELECT tasks_of_owner('acme') $$, ARRAY[pg_temp.task_id(6), pg_temp.task_id(7)], 'an owner has tasks');
SELECT is(erasure_preview('{}', 'acme'), '{"tasks":2,"originals":3,"results":2,"links":2,"targets":0}', 'a preview counts all of them');
SELECT is(erasure_preview(ARRAY[pg_temp.task_id(6)], NULL), '{"tasks":1,"originals":1,"results":2,"links":2,"targets":0}', 'or those that are named');
SELECT is(erase(pg_temp.task_id(99)), NULL, 'what is not there is passed over');
SELECT set_eq($$ SELECT erase(id) FROM tasks_of_owner('acme') AS id $$, ARRAY['{"originals":1,"results":2,"links":2}'::jsonb, '{"originals":1,"results":0,"links":0}'],
              'each is erased');
SELECT is(erase_images('acme'), 1::bigint, 'and what is left of originals');
SELECT is(erase_images('acme'), 0::bigint, 'once');
SELECT results_eq($$ SELECT id FROM task $$, $$ VALUES (pg_temp.task_id(9)) $$, 'what is another''s stays');
SELECT ok(pg_temp.has_original(9) AND NOT pg_temp.has_original(5), 'and its original');

-- remove_old_rows
SELECT is(remove_old_rows('1 hour', 99), 0::bigint, 'that something was erased is known for a while');
UPDATE erased_task SET erased_at = now() - interval '2 hours';
SELECT remove_old_rows('1 hour', 99) \g /dev/null
SELECT is(task_view(pg_temp.task_id(1)), NULL, 'and then forgotten');

SELECT * FROM finish();
ROLLBACK;
