-- Quotas: what is counted, for whom, and when it is too much. The fixture's image has 1000 bytes and, with its two
-- chains, 0.6144 megapixels.
BEGIN;
\ir fixture.psql
SELECT plan(34);

CREATE FUNCTION pg_temp.with_quota(n integer, quota jsonb, who jsonb DEFAULT '{"owner":"acme"}') RETURNS jsonb LANGUAGE sql AS
  $$ SELECT pg_temp.request(n) || who || jsonb_build_object('quota', quota) $$;
CREATE FUNCTION pg_temp.submit(n integer, quota jsonb, who jsonb DEFAULT '{"owner":"acme"}') RETURNS text LANGUAGE sql AS
  $$ SELECT submit_task(pg_temp.with_quota(n, quota, who)) ->> 'status' $$;

-- account_of
SELECT is(account_of('{"owner":"acme","client":"192.0.2.1"}'), 'acme', 'a request counts for its owner');
SELECT is(account_of('{"owner":null,"client":"192.0.2.1"}'), 'ip:192.0.2.1', 'or for the address of its client');
SELECT is(account_of('{"client":"2001:db8:1:2:3:4:5:6"}'), 'ip:2001:db8:1:2::/64', 'of which IPv6 has many for each client');
SELECT is(account_of('{"client":"::ffff:192.0.2.1"}'), 'ip:192.0.2.1', 'an IPv4 address may be written as IPv6');
SELECT is(account_of('{"client":"unix:"}'), 'ip:unix', 'and a socket has none');
SELECT is(account_of('{"owner":null}'), NULL, 'or for nobody');

-- what is counted
SELECT pg_temp.order_photo(1) \g /dev/null
SELECT is(count(*), 0::bigint, 'what counts for nobody is not counted') FROM usage;
SELECT is(pg_temp.submit(2, '{}'), 'queued', 'without a limit everything is taken');
SELECT results_eq($$ SELECT account, day, requests, bytes, megapixels FROM usage $$,
  $$ VALUES ('acme', utc_day(), 1::bigint, 1000::bigint, 0.6144) $$, 'and counted');
SELECT is(pg_temp.submit(2, '{"requests":1}'), 'queued', 'the same task again is the same task');
SELECT is(requests, 1::bigint, 'counted once') FROM usage;
SELECT is(pg_temp.submit(3, '{}'), 'queued', 'another');
SELECT results_eq($$ SELECT requests, bytes, megapixels FROM usage $$, $$ VALUES (2::bigint, 2000::bigint, 1.2288) $$, 'adds to it');
SELECT create_key('acme', '', decode(repeat('ab', 32), 'hex'), '{}', '{}') \g /dev/null
SELECT is(key -> 'used', '{"requests":2,"bytes":2000,"megapixels":1.2288,"open_tasks":2}', 'which the list of keys tells')
  FROM list_keys('acme') AS key;
SELECT is(owner, 'acme', 'task and image have an owner') FROM task JOIN image USING (owner) WHERE task.id = pg_temp.task_id(2) LIMIT 1;

-- each limit, just reached and passed
SELECT is(foresee(pg_temp.with_quota(4, '{"requests":3,"bytes":3000,"megapixels":2,"open_tasks":3}')), NULL, 'there is room for one more');
SELECT is(pg_temp.submit(4, '{"requests":3,"bytes":3000,"megapixels":2,"open_tasks":3}'), 'queued', 'which is taken');
CREATE TEMPORARY TABLE refusal (quota jsonb, code text, message text);
INSERT INTO refusal VALUES
  ('{"requests":3}', 'IF010', 'imgfilter quota: requests 3'), ('{"bytes":3999}', 'IF011', 'imgfilter quota: bytes 3999'),
  ('{"megapixels":2}', 'IF012', 'imgfilter quota: megapixels 2'), ('{"open_tasks":3}', 'IF013', 'imgfilter quota: open_tasks 3');
SELECT throws_ok(format($$ SELECT foresee(pg_temp.with_quota(5, %L)) $$, quota), code, message, 'foreseen: ' || message) FROM refusal;
SELECT throws_ok(format($$ SELECT pg_temp.submit(5, %L) $$, quota), code, message, 'refused: ' || message) FROM refusal;
SELECT is(requests, 3::bigint, 'what is refused is not counted') FROM usage;
SELECT is(count(*), 0::bigint, 'and nothing of it stays') FROM image WHERE id = pg_temp.image_id(5);
SELECT is(pg_temp.submit(5, '{"requests":1}', '{"owner":"other"}'), 'queued', 'another owner has quotas of his own');
SELECT is(pg_temp.submit(6, '{"requests":1}', '{"client":"192.0.2.1"}'), 'queued', 'and so has an address');

-- open tasks end, days pass
SELECT fail_task(pg_temp.task_id(2), 'internal_error', 'x') \g /dev/null
SELECT is(account, NULL, 'a task that has ended counts for nobody') FROM task WHERE id = pg_temp.task_id(2);
SELECT is(pg_temp.submit(7, '{"open_tasks":3}'), 'queued', 'and leaves room for another');
UPDATE usage SET day = utc_day() - 1;
SELECT is(pg_temp.submit(8, '{"requests":1}'), 'queued', 'the next day begins anew');
SELECT is(remove_old_rows('30 days', 9), 1::bigint, 'what an address used is forgotten after its day');
SELECT set_eq($$ SELECT account FROM usage WHERE day < utc_day() $$, ARRAY['acme', 'other'], 'what an owner used is not');

SELECT * FROM finish();
ROLLBACK;
