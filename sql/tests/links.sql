-- The life of links: how long it is, how it is cut short and prolonged, what edges are told, which keys it needs.
BEGIN;
\ir fixture.psql
SELECT plan(58);
SELECT worker_start('host', 1, 'test') AS w \gset
CREATE FUNCTION pg_temp.finish_photo(n integer, spec jsonb DEFAULT '{}', owner text DEFAULT NULL) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
  v record;
BEGIN
  PERFORM submit_task(pg_temp.request(n, 'fast', spec) || jsonb_build_object('owner', owner));
  SELECT * INTO v FROM claim((SELECT max(id) FROM worker), 'fast', 1, 1000, 1000, '1 min', NULL, '3 months');
  PERFORM complete((SELECT max(id) FROM worker), v.queue_id, v.lease, pg_temp.results(n, v.lease), '3 months');
END $$;
CREATE FUNCTION pg_temp.link_of(n integer, chain integer DEFAULT 0) RETURNS uuid LANGUAGE sql AS
  $$ SELECT id FROM link l WHERE l.task_id = pg_temp.task_id($1) AND l.n = chain $$;
-- Puts the time that links know to another. The function of the schema is back when this transaction has ended.
CREATE FUNCTION pg_temp.set_clock(at timestamptz) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
  EXECUTE format('CREATE OR REPLACE FUNCTION imgfilter.clock() RETURNS timestamptz LANGUAGE sql STABLE AS %L',
                 format('SELECT %L::timestamptz', at));
END $$;
CREATE FUNCTION pg_temp.end_of(at timestamptz, spec jsonb, life interval) RETURNS timestamptz LANGUAGE plpgsql AS $$
DECLARE
  v_end timestamptz;
BEGIN
  PERFORM pg_temp.set_clock(at);
  EXECUTE 'SELECT link_end($1, $2)' INTO v_end USING spec, life;
  RETURN v_end;
END $$;

-- three months, whichever they are
SELECT is(clock(), now(), 'it is now');
SELECT is(pg_temp.end_of(s.at, s.spec, s.life), s.ends, s.about) FROM (VALUES
  ('2026-11-23T10:00:00Z'::timestamptz, '{}'::jsonb, '3 months'::interval, '2027-02-23T10:00:00Z'::timestamptz, 'three months'),
  ('2026-11-30T23:59:59Z', '{}', '3 months', '2027-02-28T23:59:59Z', 'the end of a month has no 30th of February'),
  ('2027-11-30T12:00:00Z', '{}', '3 months', '2028-02-29T12:00:00Z', 'nor one but the 29th in a leap year'),
  ('2027-12-31T00:00:00Z', '{}', '3 months', '2028-03-31T00:00:00Z', 'a leap day in between is one of its days'),
  ('2028-02-29T12:00:00Z', '{}', '1 year', '2029-02-28T12:00:00Z', 'a year after a leap day'),
  ('2027-03-28T00:30:00Z', '{}', '1 day', '2027-03-29T00:30:00Z', 'clocks that are put forward somewhere make no difference'),
  ('2028-01-31T10:00:00Z', '{"life":"1 month"}', '3 months', '2028-02-29T10:00:00Z', 'a life of its own'),
  ('2028-01-31T10:00:00Z', '{"life":"2 years"}', '3 months', '2030-01-31T10:00:00Z', 'may be longer'),
  ('2028-01-31T10:00:00Z', '{"life":"1 year","expires_in":8640000}', '3 months', '2028-05-10T10:00:00Z', 'within it any time can be asked for'),
  ('2028-01-31T10:00:00Z', '{"expires_in":60}', '3 months', '2028-01-31T10:01:00Z', 'a shorter one by anybody'),
  ('2028-01-31T10:00:00Z', '{"expires_in":8640000}', '3 months', '2028-04-30T10:00:00Z', 'a longer one not'))
  AS s(at, spec, life, ends, about);

-- a life, lived through
SELECT pg_temp.set_clock('2027-11-30T12:00:00Z') \g /dev/null
SELECT pg_temp.finish_photo(1) \g /dev/null
SELECT pg_temp.set_clock('2028-02-29T11:59:59Z') \g /dev/null
SELECT is(link_view(pg_temp.link_of(1)) - 'object_key' - 'sha256' - 'filename' - 'format' - 'bytes', '{"gone":false,"seconds":1}', 'a second before it ends it lives');
SELECT is(task_view(pg_temp.task_id(1)) ->> 'status', 'done', 'and its task has it');
SELECT is(count(*), 0::bigint, 'no cleanup touches it') FROM expired_links(9, '1 min');
SELECT pg_temp.set_clock('2028-02-29T12:00:00Z') \g /dev/null
SELECT is(link_view(pg_temp.link_of(1)) -> 'gone', 'true', 'then it is gone');
SELECT is(task_view(pg_temp.task_id(1)) ->> 'status', 'expired', 'and its task has expired');
SELECT is(cleanup_preview('1 day', '1 day') -> 'links', '2', 'both are for the cleanup');
SELECT is(remove_links(ARRAY(SELECT link FROM expired_links(9, '1 min'))), 2::bigint, 'which removes them');
SELECT is(link_view(pg_temp.link_of(1)), NULL, 'nothing is left');
SELECT pg_temp.set_clock(now()) \g /dev/null

-- list_links
SELECT pg_temp.finish_photo(2, '{}', 'acme'), pg_temp.finish_photo(3) \g /dev/null
SELECT is(count(*), 4::bigint, 'all are listed') FROM list_links(NULL, NULL, NULL, NULL);
SELECT is(count(*), 2::bigint, 'those of an owner') FROM list_links(NULL, 'acme', NULL, NULL);
SELECT is(count(*), 2::bigint, 'those of a task') FROM list_links(NULL, NULL, pg_temp.task_id(3), NULL);
SELECT is(count(*), 1::bigint, 'no more than asked for') FROM list_links(NULL, NULL, NULL, 1);
SELECT is(l - 'created_at' - 'expires_at', jsonb_build_object('id', pg_temp.link_of(2), 'task', pg_temp.task_id(2), 'n', 0, 'owner', 'acme',
          'filename', 'photo.jpg', 'format', 'jpeg', 'bytes', 500, 'revoked_at', NULL, 'living', true), 'with what an operator wants to know')
  FROM list_links(ARRAY[pg_temp.link_of(2)], NULL, NULL, NULL) AS l;
SELECT is(link_line(l, t) ->> 'owner', NULL, 'nobody''s have no owner') FROM link l JOIN task t ON t.id = l.task_id WHERE l.id = pg_temp.link_of(3);

-- revoke_link
SELECT object_key AS revoked FROM link WHERE id = pg_temp.link_of(2) \gset
SELECT is(revoke_link(pg_temp.link_of(2)), 'revoked', 'a link is revoked');
SELECT is(revoke_link(pg_temp.link_of(2)), 'ended', 'once');
SELECT is(revoke_link(gen_random_uuid()), 'unknown', 'one that is not cannot be');
SELECT is(link_view(pg_temp.link_of(2)) -> 'gone', 'true', 'it is gone');
SELECT is(task_view(pg_temp.task_id(2)) #>> '{results,0,status}', 'expired', 'and shown so');
SELECT is(task_view(pg_temp.task_id(2)) ->> 'status', 'done', 'while the other lives');
SELECT is(task_view(pg_temp.task_id(2)) -> 'version', '4', 'in a new version');
SELECT is((SELECT array_agg(object_key) FROM expired_links(9, '1 min')), ARRAY[:'revoked'], 'its object is the cleanup''s');
SELECT revoke_link(pg_temp.link_of(2, 1)) \g /dev/null
SELECT is(task_view(pg_temp.task_id(2)) ->> 'status', 'expired', 'with the last one its task has expired');

-- extend_link
SELECT is(extend_link(pg_temp.link_of(3), '9 months', '1 year'), 'extended', 'a link is prolonged');
SELECT is(expires_at, after_utc(after_utc(now(), '3 months'), '9 months'), 'by months of the calendar') FROM link WHERE id = pg_temp.link_of(3);
SELECT is(t.expires_at, l.expires_at, 'and its task with it') FROM task t JOIN link l ON l.task_id = t.id WHERE l.id = pg_temp.link_of(3);
SELECT is(extend_link(pg_temp.link_of(3), '1 month', '1 year'), 'too_long', 'within bounds');
SELECT is(extend_link(pg_temp.link_of(2), '1 day', '1 year'), 'ended', 'what has ended stays so');
SELECT is(extend_link(gen_random_uuid(), '1 day', '1 year'), 'unknown', 'one that is not cannot be prolonged');
SELECT new_end(pg_temp.task_id(3)) \g /dev/null
SELECT is(t.expires_at, max(l.expires_at), 'a task ends with its last link') FROM task t JOIN link l ON l.task_id = t.id WHERE t.id = pg_temp.task_id(3) GROUP BY t.id;

-- purge, purged_since: what this transaction has written is told when it has ended, so it is made to be an older one's
DELETE FROM purge;
SELECT object_key AS key3 FROM link WHERE id = pg_temp.link_of(3) \gset
SELECT is(purge(ARRAY[:'key3', 'r/gone']), 2::bigint, 'objects are purged');
SELECT is(purged_since('', 0, 9), '{"place":"","purged":[]}', 'nobody is told before the commit');
UPDATE purge SET xid = '3';
SELECT purged_since('', 0, 1) AS first \gset
SELECT is(:'first'::jsonb -> 'purged', jsonb_build_array(jsonb_build_object('object', :'key3', 'link', pg_temp.link_of(3))), 'with their links');
SELECT is(purged_since(:'first'::jsonb ->> 'place', 0, 9) -> 'purged', '[{"object":"r/gone","link":null}]', 'then the others');
SELECT is(purged_since('', 180, 9) -> 'purged', '[]', 'the late ones later');
SELECT is(purged_since('9000000000000000000-1', 0, 1), :'first'::jsonb, 'a place of another cluster is the beginning');
DELETE FROM purge WHERE object_key <> 'r/gone';
SELECT is(purged_since('9000000000000000000-1', 180, 9), '{"place":"","purged":[]}', 'also where there is nothing to tell');
UPDATE purge SET at = now() - interval '23 hours';
SELECT is(remove_purged(9), 0::bigint, 'an edge may be away for a day');
UPDATE purge SET at = now() - interval '25 hours';
SELECT is(remove_purged(9), 1::bigint, 'after that all have heard it');
SELECT purge(ARRAY['r/foreign']) \g /dev/null
UPDATE purge SET at = now() - interval '25 hours', xid = '9000000000000000000';
SELECT is(remove_purged(9), 1::bigint, 'what came from another cluster goes as well');

-- link keys
DELETE FROM link_key;
SELECT is(key_needed_until(1), (SELECT max(expires_at) FROM link), 'where nobody has noted anything, every key is needed');
SELECT is(note_link_key(2), true, 'one signs');
UPDATE link_key SET signed_from = now() - interval '1 day';
SELECT is(key_needed_until(1), NULL, 'a key that is older than the oldest link is not needed');
UPDATE link SET created_at = now() - interval '2 days' WHERE id = pg_temp.link_of(3);
SELECT is(key_needed_until(1), (SELECT expires_at FROM link WHERE id = pg_temp.link_of(3)), 'it is while one of its time lives');
INSERT INTO link_key VALUES (3, now() - interval '9 days', now() - interval '3 days');
SELECT is(key_needed_until(3), NULL, 'nor is one that has signed nothing that lives');
SELECT is(key_needed_until(2) IS NOT NULL, true, 'the one that signs is');

SELECT * FROM finish();
ROLLBACK;
