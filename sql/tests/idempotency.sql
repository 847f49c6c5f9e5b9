-- Idempotency-Key: a key stands for one task of its account, for a day.
BEGIN;
\ir fixture.psql
SELECT plan(18);

CREATE FUNCTION pg_temp.keyed(n integer, key text, print text DEFAULT 'aa', who jsonb DEFAULT '{"owner":"acme"}') RETURNS jsonb
LANGUAGE sql AS $$
  SELECT pg_temp.request(n) || who || jsonb_build_object('idempotency', jsonb_build_object(
    'key', key, 'client', '192.0.2.1', 'fingerprint', repeat(print, 32)))
$$;

SELECT is(foresee(pg_temp.keyed(1, 'k')), NULL, 'a key that stands for nothing');
SELECT is(submit_task(pg_temp.keyed(1, 'k')) ->> 'id', pg_temp.task_id(1)::text, 'comes to stand for a task');
SELECT is(submit_task(pg_temp.keyed(1, 'k')) ->> 'id', pg_temp.task_id(1)::text, 'which may be asked for again by its own id');
SELECT is(foresee(pg_temp.keyed(2, 'k')) ->> 'id', pg_temp.task_id(1)::text, 'and by its key');
SELECT is(submit_task(pg_temp.keyed(2, 'k')), task_view(pg_temp.task_id(1)), 'as often as anyone likes');
SELECT is(count(*), 1::bigint, 'it is one task') FROM task;
SELECT is(requests, 1::bigint, 'counted once') FROM usage;
SELECT is(submit_task(pg_temp.keyed(2, 'k') || '{"quota":{"requests":1}}') ->> 'id', pg_temp.task_id(1)::text, 'no quota stands against it');
SELECT is(foresee(pg_temp.request(1) || '{"owner":"acme","quota":{"requests":1}}') ->> 'id', pg_temp.task_id(1)::text, 'nor when it is foreseen by its own id, whose quota was counted then');
SELECT throws_ok($$ SELECT foresee(pg_temp.keyed(2, 'k', 'bb')) $$, 'IF014', 'imgfilter idempotency: reused', 'something else is foreseen to be refused');
SELECT throws_ok($$ SELECT submit_task(pg_temp.keyed(2, 'k', 'bb')) $$, 'IF014', 'imgfilter idempotency: reused', 'and refused');
SELECT is(submit_task(pg_temp.keyed(2, 'k', 'bb', '{"owner":"other"}')) ->> 'id', pg_temp.task_id(2)::text, 'another owner has keys of his own');
SELECT is(submit_task(pg_temp.keyed(3, 'k', 'bb', '{}')) ->> 'id', pg_temp.task_id(3)::text, 'and so has an address');
SELECT is(count(*), 0::bigint, 'which is not counted for that') FROM usage WHERE account LIKE 'ip:%';
SELECT throws_ok($$ SELECT claim_idempotency(pg_temp.keyed(1, 'k')) $$, 'IF015', 'imgfilter idempotency: in use', 'whoever comes second has to ask again');

UPDATE idempotency SET created_at = now() - idempotency_life() WHERE task_id = pg_temp.task_id(1);
SELECT is(submit_task(pg_temp.keyed(4, 'k', 'bb')) ->> 'id', pg_temp.task_id(4)::text, 'after a day a key is free again');
UPDATE idempotency SET created_at = now() - idempotency_life() WHERE task_id = pg_temp.task_id(4);
SELECT is(remove_old_rows('30 days', 9), 1::bigint, 'and forgotten');
SELECT set_eq($$ SELECT account FROM idempotency $$, ARRAY['other', 'ip:192.0.2.1'], 'the others are not');

SELECT * FROM finish();
ROLLBACK;
