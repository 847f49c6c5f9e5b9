-- A new task's place in the queue: its priority, by what its account has open or as it was asked for, and its delay.
BEGIN;
\ir fixture.psql
SELECT plan(18);

-- So many open tasks of an account, without their images' fuss.
CREATE FUNCTION pg_temp.open_of(who text, n bigint) RETURNS void LANGUAGE sql AS $$
  INSERT INTO task (id, image_id, account, spec, cost_ms, queue_id)
  SELECT gen_random_uuid(), pg_temp.image_id(1), who, '{"filters":[""]}', 1, i FROM generate_series(1, n) AS i
$$;
CREATE FUNCTION pg_temp.place(n integer, more jsonb DEFAULT '{}', spec jsonb DEFAULT '{}') RETURNS integer LANGUAGE sql AS $$
  SELECT submit_task(pg_temp.request(n, spec => spec) || more);
  SELECT prio::integer FROM queue WHERE ref = pg_temp.task_id(n)
$$;

SELECT is(pg_temp.place(1), 1, 'what counts for nobody goes in the middle');
SELECT is(pg_temp.place(2, '{"owner":"acme"}'), 0, 'an owner''s first comes first');
SELECT is(pg_temp.place(3, '{"client":"192.0.2.1"}'), 0, 'as does an address''s, where they are counted');
SELECT pg_temp.open_of('acme', 6) \g /dev/null
SELECT is(pg_temp.place(4, '{"owner":"acme"}'), 0, 'the eighth, too');
SELECT is(pg_temp.place(5, '{"owner":"acme"}'), 1, 'the ninth goes behind them');
SELECT pg_temp.open_of('acme', 54) \g /dev/null
SELECT is(pg_temp.place(6, '{"owner":"acme"}'), 1, 'the 64th');
SELECT is(pg_temp.place(7, '{"owner":"acme"}'), 2, 'and the 65th');
SELECT pg_temp.open_of('acme', 446) \g /dev/null
SELECT is(pg_temp.place(8, '{"owner":"acme"}'), 2, 'the 512th');
SELECT is(pg_temp.place(9, '{"owner":"acme"}'), 3, 'and the 513th go where their number puts them');
SELECT is(pg_temp.place(10, '{"owner":"other"}'), 0, 'another owner does not wait behind all these');
SELECT fail_task(pg_temp.task_id(9), 'internal_error', 'x'), fail_task(pg_temp.task_id(8), 'internal_error', 'x') \g /dev/null
SELECT is(pg_temp.place(11, '{"owner":"acme"}'), 2, 'what has ended does not count');
SELECT is(pg_temp.place(12, '{"owner":"new"}', '{"priority":"low"}'), 3, 'what was asked to go behind does');
SELECT is(pg_temp.place(13, '{}', '{"priority":"low"}'), 3, 'whoever asked');
SELECT is(prio_of_account('acme'), 3::smallint, 'an account''s place follows from what it has open');
SELECT is(prio_of('new', '{"priority":"normal"}'), 0::smallint, 'the usual priority can be asked for, too');

-- delay
SELECT is(run_at, now(), 'a task may start at once') FROM queue WHERE ref = pg_temp.task_id(1);
SELECT pg_temp.place(14, '{}', '{"delay":3600}') \g /dev/null
SELECT is(run_at, now() + interval '1 hour', 'or after a while') FROM queue WHERE ref = pg_temp.task_id(14);
SELECT worker_start('host', 1, 'test') AS w \gset
SELECT is(count(*), 0::bigint, 'and is not claimed before') FROM claim(:w, 'fast', 99, 9999, 9999, '1 min', NULL, '3 months') WHERE task = pg_temp.task_id(14);

SELECT * FROM finish();
ROLLBACK;
