-- What the store must have: the objects of living links, and the originals that are kept.
BEGIN;
\ir fixture.psql
SELECT plan(11);
SELECT worker_start('host', 1, 'test') AS w \gset
SELECT pg_temp.order_photo(n) FROM generate_series(1, 3) AS n \g /dev/null
SELECT complete(:w, c.queue_id, c.lease, pg_temp.results(right(c.task::text, 1)::integer, c.lease), '3 months')
  FROM claim(:w, 'fast', 2, 1000, 1000, '1 min', NULL, '3 months') AS c \g /dev/null

SELECT results_eq($$ SELECT object_key, bytes FROM expected_objects('original', NULL, 9) $$,
                  $$ VALUES ('o/test/1', 1000::bigint), ('o/test/2', 1000::bigint), ('o/test/3', 1000::bigint) $$,
                  'originals, also of what is still queued');
SELECT results_eq($$ SELECT object_key FROM expected_objects('original', pg_temp.image_id(1), 1) $$, $$ VALUES ('o/test/2') $$,
                  'go on behind the last one, as many as are wanted');
SELECT is(count(*), 4::bigint, 'and what links lead to') FROM expected_objects('link', NULL, 9);
SELECT set_eq($$ SELECT object_key FROM expected_objects('link', NULL, 9) $$, $$ SELECT object_key FROM link $$, 'by its key');
SELECT results_eq($$ SELECT DISTINCT bytes FROM expected_objects('link', NULL, 9) $$, $$ VALUES (500::bigint) $$, 'with its size');

UPDATE link SET expires_at = now() WHERE task_id = pg_temp.task_id(1);
SELECT id AS last FROM link WHERE task_id = pg_temp.task_id(2) ORDER BY id DESC LIMIT 1 \gset
SELECT ok(is_expected('link', :'last'), 'a link lives');
UPDATE link SET revoked_at = now() WHERE id = :'last';
SELECT is(count(*), 1::bigint, 'what has expired or was revoked need not be there') FROM expected_objects('link', NULL, 9);
SELECT ok(NOT is_expected('link', :'last'), 'any more');
SELECT ok(is_expected('original', pg_temp.image_id(1)), 'an original is kept');
UPDATE image SET deleting_until = now() WHERE id = pg_temp.image_id(1);
UPDATE image SET removed_at = now() WHERE id = pg_temp.image_id(2);
SELECT ok(NOT is_expected('original', pg_temp.image_id(1)), 'until a cleanup has begun to delete it');
SELECT results_eq($$ SELECT object_key FROM expected_objects('original', NULL, 9) $$, $$ VALUES ('o/test/3') $$,
                  'then it need not be there either');
SELECT * FROM finish();
ROLLBACK;
