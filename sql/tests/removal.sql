-- What the cleanup asks for: expired links, spent originals, orphans, old rows.
BEGIN;
\ir fixture.psql
SELECT plan(30);
SELECT worker_start('host', 1, 'test') AS w \gset
SELECT pg_temp.order_photo(n) FROM generate_series(1, 2) AS n \g /dev/null
SELECT complete(:w, c.queue_id, c.lease, pg_temp.results(right(c.task::text, 1)::integer, c.lease), '3 months')
  FROM claim(:w, 'fast', 9, 1000, 1000, '1 min', NULL, '3 months') AS c \g /dev/null

-- life of links: the calendar of UTC
SELECT is(after_utc('2026-11-30T23:30:00Z', '3 months'), '2027-02-28T23:30:00Z', 'three months after November ends in February');
SELECT is(after_utc('2027-11-30T23:30:00Z', '3 months'), '2028-02-29T23:30:00Z', 'in a leap year a day later');
SET LOCAL timezone = 'Pacific/Auckland';
SELECT is(after_utc('2026-11-30T23:30:00Z', '3 months'), '2027-02-28T23:30:00Z', 'whatever the time zone');
SELECT is(utc('2026-11-30T23:30:00Z'), '2026-11-30T23:30:00Z', 'which is not shown either');
SELECT is(link_end('{"expires_in":60}', '3 months'), now() + interval '60 s', 'a shorter life can be asked for');
SELECT is(link_end('{"expires_in":99999999}', '3 months'), after_utc(now(), '3 months'), 'a longer one cannot');
SELECT ok(longest_life('3 months') BETWEEN 89 AND 92, 'the longest life has whole days');
SELECT is(longest_life('1 hour'), longest_life('3 months'), 'and is that of any link');
SELECT create_key('acme', '', decode(repeat('ab', 32), 'hex'), '{}', '{}', '3 years') \g /dev/null
SELECT ok(longest_life('3 months') > 3 * 365, 'or of those that a key will make');

-- expired_links, remove_links
SELECT is(count(*), 0::bigint, 'no link has expired') FROM expired_links(9, '1 min');
UPDATE link SET expires_at = now() WHERE task_id = pg_temp.task_id(1);
UPDATE task SET expires_at = now() WHERE id = pg_temp.task_id(1);
SELECT task_view(pg_temp.task_id(1)) AS before \gset
SELECT is(:'before'::jsonb ->> 'status', 'expired', 'a task is expired from the second on');
SELECT is(:'before'::jsonb -> 'version', '4', 'in a new version');
SELECT is(link_view(id) -> 'gone', 'true', 'its links are gone') FROM link WHERE task_id = pg_temp.task_id(1) LIMIT 1;
SELECT is(cleanup_preview('1 day', '1 day') -> 'links', '2', 'a preview counts them');
SELECT is(count(*), 1::bigint, 'they come in batches') FROM expired_links(1, '1 min');
SELECT link AS second FROM expired_links(9, '1 min') \gset
SELECT is(count(*), 0::bigint, 'and are leased') FROM expired_links(9, '1 min');
SELECT is(leased_rows(), 2::bigint, 'which is known');
SELECT is(remove_links(ARRAY[:'second'::uuid]), 1::bigint, 'one is struck off');
SELECT is(status, 'done', 'the task is not over') FROM task WHERE id = pg_temp.task_id(1);
SELECT is(remove_links(ARRAY(SELECT id FROM link)), 1::bigint, 'of the rest, only what has expired');
SELECT is(task_view(pg_temp.task_id(1)), :'before'::jsonb, 'then it is written down as it was shown');

-- orphans
SELECT set_eq($$ SELECT orphans(ARRAY['o/test/1', 'o/test/3', 'r/x'] || (SELECT array_agg(object_key) FROM link)) $$,
              ARRAY['o/test/3', 'r/x'], 'orphans are what no row knows');

-- spent_originals, remove_originals
SELECT is(count(*), 0::bigint, 'no original is spent') FROM spent_originals('1 hour', 9, '1 min');
UPDATE image SET created_at = now() - interval '2 days';
UPDATE task SET finished_at = now() - interval '2 hours' WHERE id = pg_temp.task_id(1);
SELECT results_eq($$ SELECT image FROM spent_originals('1 hour', 9, '1 min') $$, $$ VALUES (pg_temp.image_id(1)) $$,
                  'one is, an hour after its last task');
SELECT is(count(*), 0::bigint, 'it is leased') FROM spent_originals('1 hour', 9, '1 min');
SELECT is(remove_originals(ARRAY[pg_temp.image_id(1)]), 1::bigint, 'and struck off');
SELECT set_eq($$ SELECT orphans(ARRAY['o/test/1', 'o/test/2']) $$, ARRAY['o/test/1'], 'an object that came back would be an orphan');

-- remove_old_rows
UPDATE task SET expires_at = now() - interval '90 min' WHERE id = pg_temp.task_id(1);
SELECT is(remove_old_rows('100 min', 9), 0::bigint, 'a task stays for a while after its links');
SELECT is(remove_old_rows('1 hour', 9), 2::bigint, 'then it goes, and its image with it');
SELECT results_eq($$ SELECT id FROM task $$, $$ VALUES (pg_temp.task_id(2)) $$, 'the other stays');

SELECT * FROM finish();
ROLLBACK;
