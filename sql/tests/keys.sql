-- API keys: made, listed, found by their hash, revoked.
BEGIN;
\ir fixture.psql
SELECT plan(21);

CREATE FUNCTION pg_temp.hash(n text) RETURNS bytea LANGUAGE sql AS $$ SELECT decode(repeat(n, 32), 'hex') $$;

SELECT create_key('acme', 'ci', pg_temp.hash('a1'), ARRAY['upload', 'webhook'], '{"requests":2,"open_tasks":1}') AS key \gset
SELECT is(:'key'::jsonb - 'id' - 'created_at',
  '{"owner":"acme","name":"ci","scopes":["upload","webhook"],"quota":{"requests":2,"open_tasks":1},"revoked_at":null}'::jsonb,
  'create_key answers with the key, limits that are not there left out');
SELECT is(key_by_hash(repeat('a1', 32)), jsonb_build_object('id', :'key'::jsonb -> 'id', 'owner', 'acme',
  'scopes', '["upload","webhook"]'::jsonb, 'quota', '{"requests":2,"open_tasks":1}'::jsonb), 'key_by_hash tells what it allows');
SELECT is(key_by_hash(repeat('a2', 32)), NULL, 'and nothing of a key that is not there');
SELECT is(create_key('other', '', pg_temp.hash('b1'), ARRAY['upload'], '{}') -> 'quota', '{}', 'a key may be without limits');
SELECT throws_ok($$ SELECT create_key('x', '', pg_temp.hash('c1'), ARRAY['upload', 'admin'], '{}') $$, 'IF003',
  'scopes are upload, lasting, notify, webhook, email, push, sms, topic, not upload, admin', 'scopes must exist');
SELECT throws_ok($$ SELECT create_key('ip:1.2.3.4', '', pg_temp.hash('c1'), '{}', '{}') $$, '23514', NULL,
  'no owner looks like an address');
SELECT throws_ok($$ SELECT create_key('x', '', pg_temp.hash('a1'), '{}', '{}') $$, '23505', NULL, 'no key is there twice');
SELECT throws_ok($$ SELECT create_key('x', '', '\xab', '{}', '{}') $$, '23514', NULL, 'a hash has 32 bytes');
SELECT throws_ok($$ SELECT create_key('x', '', pg_temp.hash('c1'), '{}', '{"bytes":0}') $$, '23514', NULL, 'a limit is not 0');
SELECT throws_ok($$ SELECT create_key('x', '', pg_temp.hash('c1'), '{}', '{}', '0 s') $$, '23514', NULL, 'nor does a link live for no time');
SELECT throws_ok($$ SELECT create_key('x', '', pg_temp.hash('c1'), '{}', '{}', '3 years', '1 year') $$, 'IF019', NULL, 'nor for longer than any may');
SELECT throws_ok($$ SELECT create_key('x', '', pg_temp.hash('c1'), '{}', '{}', '366 days 1 s', '1 year') $$, 'IF019', NULL, 'not even a little');
SELECT is(create_key('third', '', pg_temp.hash('d1'), ARRAY['lasting'], '{}', '1 year') ->> 'link_life', 'P1Y', 'its links may have a life of their own');
DELETE FROM api_key WHERE owner = 'third';
SELECT is(count(*), 2::bigint, 'list_keys tells all') FROM list_keys(NULL);
SELECT is(key ->> 'owner', 'other', 'or those of one owner') FROM list_keys('other') AS key;
SELECT is(key -> 'used', '{"requests":0,"bytes":0,"megapixels":0,"open_tasks":0}', 'with what was used today') FROM list_keys('acme') AS key;

SELECT (:'key'::jsonb ->> 'id')::uuid AS id \gset
SELECT isnt(revoke_key(:'id') ->> 'revoked_at', NULL, 'a key is revoked');
SELECT is(key_by_hash(repeat('a1', 32)), NULL, 'and no longer found');
UPDATE api_key SET revoked_at = '2026-01-01T00:00:00Z' WHERE id = :'id';
SELECT is(revoke_key(:'id') ->> 'revoked_at', '2026-01-01T00:00:00Z', 'once');
SELECT is(revoke_key(gen_random_uuid()), NULL, 'a key that is not there cannot be');
SELECT isnt(key ->> 'revoked_at', NULL, 'it stays in the list') FROM list_keys('acme') AS key;

SELECT * FROM finish();
ROLLBACK;
