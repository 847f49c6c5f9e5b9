-- Where owners are told: targets, their codes and secrets.
BEGIN;
\ir fixture.psql
SELECT plan(88);
SELECT worker_start('host', 1, 'test') AS w \gset
CREATE FUNCTION pg_temp.hook(address text, events text DEFAULT '["task.done"]') RETURNS jsonb LANGUAGE sql AS
  $$ SELECT jsonb_build_object('channel', 'webhook', 'address', address, 'events', events::jsonb) $$;
CREATE FUNCTION pg_temp.mail(address text) RETURNS jsonb LANGUAGE sql AS
  $$ SELECT jsonb_build_object('channel', 'email', 'address', address, 'events', '["task.done"]'::jsonb) $$;
-- The target of an owner at this address.
CREATE FUNCTION pg_temp.at(address text, owner text DEFAULT 'acme') RETURNS target LANGUAGE sql AS
  $$ SELECT g FROM target g WHERE g.address = $1 AND g.owner = $2 $$;
CREATE FUNCTION pg_temp.id_of(address text) RETURNS uuid LANGUAGE sql AS $$ SELECT (pg_temp.at(address)).id $$;
-- The last code that is on its way there.
CREATE FUNCTION pg_temp.code(address text) RETURNS text LANGUAGE sql AS
  $$ SELECT details ->> 'code' FROM delivery d WHERE d.target = address AND event = 'target.verify' AND status = 'pending' $$;

-- set_notifications, notifications_view, target_view, put_target, drop_target
SELECT is(notifications_view('acme'), '{"targets":[]}', 'nobody is told at first');
SELECT set_notifications('acme', jsonb_build_array(pg_temp.hook('https://a', '["task.failed","task.done","task.done"]'),
  '{"channel":"push","address":"https://p","keys":{"p256dh":"x","auth":"y"},"events":["task.done"]}'::jsonb,
  pg_temp.mail('m@example.com'), '{"channel":"topic","address":"arn:t","keys":null,"events":[]}'::jsonb), '{}') AS view \gset
SELECT is(:'view'::jsonb, notifications_view('acme'), 'a list is set and shown');
SELECT is(jsonb_path_query_array(:'view'::jsonb, '$.targets[*].address'), '["https://a","https://p","m@example.com","arn:t"]', 'in its order');
SELECT is(jsonb_path_query_array(:'view'::jsonb, '$.targets[*].status'), '["active","active","unverified","active"]', 'e-mail has to be verified');
SELECT is(:'view'::jsonb #> '{targets,0,events}', '["task.done","task.failed"]', 'no event twice');
SELECT is((:'view'::jsonb #> '{targets,0}') - 'id' - 'created_at' - 'address' - 'events',
  '{"channel":"webhook","status":"active","reason":null,"verified_at":null,"secret_number":1}', 'a target is shown');
SELECT is(target_view(pg_temp.at('https://a')), :'view'::jsonb #> '{targets,0}', 'each by itself');
SELECT ok(NOT :'view'::jsonb::text LIKE '%p256dh%', 'but not the keys of a browser');
SELECT is(notifications_view('other'), '{"targets":[]}', 'others see nothing of it');
SELECT is(count(*), 1::bigint, 'one code is on its way') FROM delivery WHERE owner = 'acme' AND event = 'target.verify' AND task_id IS NULL;
SELECT matches(pg_temp.code('m@example.com'), '^\d{6}$', 'of six digits');
SELECT is(prio::integer, 0, 'which comes first') FROM queue WHERE lane = lane_number('email');

SELECT pg_temp.id_of('https://a') AS a, pg_temp.id_of('m@example.com') AS m \gset
UPDATE target SET status = 'disabled', reason = 'gone', disabled_at = now() WHERE id = :'a';
SELECT set_notifications('acme', jsonb_build_array(pg_temp.hook('https://a', '["link.expiring"]'), pg_temp.mail('m@example.com'),
  '{"channel":"push","address":"https://p","events":["task.failed"]}'::jsonb), '{}') AS view \gset
SELECT is(jsonb_path_query_array(:'view'::jsonb, '$.targets[*].id') -> 0, to_jsonb(:'a'::text), 'what is there keeps its id');
SELECT is(:'view'::jsonb #> '{targets,0,events}', '["link.expiring"]', 'with other events');
SELECT is(:'view'::jsonb #>> '{targets,0,status}', 'disabled', 'and its status: a list does not enable it');
SELECT is((pg_temp.at('https://p')).keys, '{"p256dh":"x","auth":"y"}', 'and its keys, if none are given');
SELECT is(pg_temp.id_of('arn:t'), NULL, 'what is not named is gone');
SELECT is(count(*), 1::bigint, 'nobody gets another code') FROM delivery WHERE event = 'target.verify';
SELECT set_notifications('other', jsonb_build_array(pg_temp.hook('https://a')), '{}') \g /dev/null
SELECT isnt((pg_temp.at('https://a', 'other')).id, :'a', 'another''s target at the same address is another');
SELECT throws_ok($$ SELECT set_notifications('acme', jsonb_build_array(pg_temp.hook('https://1'), pg_temp.hook('https://2')), '{"max_targets":1}') $$,
  'IF020', 'imgfilter targets: too many 1', 'there may not be too many');
SELECT is(jsonb_array_length(notifications_view('acme') -> 'targets'), 3, 'then nothing is changed');
SELECT lives_ok($$ SELECT set_notifications('acme', jsonb_build_array(pg_temp.hook('https://a'), pg_temp.hook('https://a'), pg_temp.mail('m@example.com')), '{"max_targets":2}') $$,
  'the same twice is one');
SELECT throws_ok($$ SELECT put_target('acme', '{"channel":"push","address":"https://q","events":[]}'::jsonb) $$, '23514', NULL, 'a new browser has keys');
SELECT throws_ok($$ SELECT put_target('acme', '{"channel":"webhook","address":"https://q","events":["task.begun"]}'::jsonb) $$, '23514', NULL, 'there are three events');
SELECT throws_ok($$ SELECT put_target('acme', '{"channel":"pigeon","address":"x","events":[]}'::jsonb) $$, '23514', NULL, 'and five channels');
SELECT lives_ok($$ SELECT check_room('acme', '{}') $$, 'two targets are allowed');
SELECT throws_ok($$ SELECT check_room('acme', '{"max_targets":1}') $$, 'IF020', NULL, 'unless they are not');

-- add_target, remove_target, locked_target, lock_targets
SELECT is(add_target('acme', pg_temp.hook('https://b'), '{}') ->> 'status', 'active', 'one can be added');
SELECT throws_ok($$ SELECT add_target('acme', pg_temp.hook('https://c'), '{"max_targets":3}') $$, 'IF020', NULL, 'if there is room');
SELECT is(add_target('acme', pg_temp.hook('https://b', '["task.failed"]'), '{"max_targets":3}') -> 'events', '["task.failed"]', 'or be changed');
SELECT is(remove_target('other', pg_temp.id_of('https://b')), NULL, 'none of others is removed');
SELECT is(remove_target('acme', pg_temp.id_of('https://b')) ->> 'address', 'https://b', 'one of one''s own is');
SELECT is(jsonb_array_length(notifications_view('acme') -> 'targets'), 2, 'and is no more');
SELECT drop_target(gen_random_uuid()) \g /dev/null
SELECT is(jsonb_array_length(notifications_view('acme') -> 'targets'), 2, 'what is not there is not removed');
SELECT is((locked_target('other', :'a')).id, NULL, 'a target is its owner''s');
SELECT is((locked_target('acme', :'a')).id, :'a', 'alone');
SELECT lock_targets('acme') \g /dev/null
SELECT is(count(*), 1::bigint, 'an owner''s targets are changed by one at a time') FROM pg_locks
 WHERE locktype = 'advisory' AND pid = pg_backend_pid() AND ((classid::bigint << 32) | objid::bigint) = hashtextextended('imgfilter.targets acme', 0);

-- verify_target, code_digest
SELECT pg_temp.code('m@example.com') AS code \gset
SELECT is(code_sha256, code_digest(:'m', :'code'), 'of a code its digest is kept') FROM target WHERE id = :'m';
SELECT isnt(code_digest(:'m', :'code'), code_digest(:'a', :'code'), 'of this target');
SELECT is(verify_target('other', :'m', :'code'), NULL, 'only its owner verifies');
SELECT is(verify_target('acme', :'m', NULL), '{"refused":"wrong"}', 'nothing is wrong');
SELECT is(verify_target('acme', :'m', lpad(((:'code'::integer + n) % 1000000)::text, 6, '0')), '{"refused":"wrong"}', 'so is another code') FROM generate_series(1, 4) AS n;
SELECT is(verify_target('acme', :'m', :'code'), '{"refused":"tries"}', 'after five the right one is refused');
SELECT is(send_code('acme', :'m') -> 'sent', 'true', 'there is another');
SELECT is(verify_target('acme', :'m', :'code'), CASE WHEN :'code' = pg_temp.code('m@example.com') THEN '{"verified":true}' ELSE '{"refused":"wrong"}' END::jsonb, 'the one before is void');
SELECT is(count(*), 1::bigint, 'and not sent any more') FROM delivery WHERE event = 'target.verify' AND status = 'pending';
SELECT is(status || reason || (details ? 'code')::text, 'failedcode_voidfalse', 'nor known') FROM delivery WHERE event = 'target.verify' AND status <> 'pending' LIMIT 1;
UPDATE target SET code_until = now() WHERE id = :'m';
SELECT is(verify_target('acme', :'m', pg_temp.code('m@example.com')), '{"refused":"expired"}', 'a code does not live long');
SELECT is(count(*), 0::bigint, 'then it is not sent either') FROM claim_deliveries(:w, 'email', 9, '1 min');
SELECT is(reason, 'code_void', 'but ends') FROM delivery WHERE owner = 'acme' AND event = 'target.verify' ORDER BY finished_at IS NULL, created_at DESC LIMIT 1;
SELECT send_code('acme', :'m') AS sent \gset
SELECT is(:'sent'::jsonb ->> 'until', utc(now() + interval '30 min'), 'but half an hour');
SELECT delivery, queue_id, lease, details, secret_numbers FROM claim_deliveries(:w, 'email', 9, '1 min') \gset d_
SELECT is(:'d_details'::jsonb ->> 'code', pg_temp.code('m@example.com'), 'its sender gets it');
SELECT store_body(:w, :d_queue_id, :d_lease, 'your code is …') \g /dev/null
SELECT finish_delivery(:w, :d_queue_id, :d_lease, 'delivered', 250, 5, 'taken', '', '1 s') \g /dev/null
SELECT is(body IS NULL AND NOT details ? 'code' AND status = 'delivered', true, 'and once it is told, it is forgotten') FROM delivery WHERE id = :'d_delivery';
UPDATE target SET code_sha256 = code_digest(id, '000000') WHERE id = :'m';
SELECT is(verify_target('acme', :'m', '000000'), '{"verified":true}', 'the right code verifies');
SELECT is(verify_target('acme', :'m', '1'), '{"verified":true}', 'for good');
SELECT is(send_code('acme', :'m'), '{"verified":true}', 'and no more is needed');
SELECT is(status || coalesce(code_sha256::text, '') || (verified_at = now())::text, 'activetrue', 'it is active') FROM target WHERE id = :'m';
SELECT is(send_code('other', :'m'), NULL, 'others get no code');

-- how many codes: issue_code
SELECT add_target('acme', pg_temp.mail('n@example.com'), '{}') \g /dev/null
SELECT send_code('acme', pg_temp.id_of('n@example.com')) FROM generate_series(1, 4) \g /dev/null
SELECT throws_ok($$ SELECT send_code('acme', pg_temp.id_of('n@example.com')) $$, 'IF021', 'imgfilter codes: target 5', 'an address gets five codes a day');
SELECT remove_target('acme', pg_temp.id_of('n@example.com')) \g /dev/null
SELECT throws_ok($$ SELECT add_target('acme', pg_temp.mail('n@example.com'), '{}') $$, 'IF021', 'imgfilter codes: target 5', 'also when it comes back');
SELECT throws_ok($$ SELECT set_notifications('acme', (SELECT jsonb_agg(pg_temp.mail(n || '@example.com')) FROM generate_series(1, 13) AS n), '{}') $$,
  'IF021', 'imgfilter codes: owner 20', 'an owner twenty');
SELECT is((pg_temp.at('m@example.com')).status, 'active', 'then nothing is changed');
SELECT lives_ok($$ SELECT add_target('other', pg_temp.mail('n@example.com'), '{}') $$, 'others have their own');
SELECT throws_ok($$ SELECT issue_code(pg_temp.at('n@example.com', 'other')) FROM generate_series(1, 5) $$, 'IF021', NULL, 'and no more');
UPDATE code_request SET at = now() - interval '25 hours';
SELECT lives_ok($$ SELECT add_target('acme', pg_temp.mail('n@example.com'), '{}') $$, 'the next day it goes on');

-- rotate_secret, secret_numbers
SELECT is(secret_numbers(pg_temp.at('https://a')), '{1}', 'a webhook is signed with its first secret');
SELECT is(secret_numbers(NULL), '{}', 'and without a target with none');
SELECT is(rotate_secret('other', :'a'), NULL, 'no secret of others is changed');
SELECT is(rotate_secret('acme', :'a') -> 'secret_number', '2', 'one''s own is');
SELECT is(rotate_secret('acme', :'a') -> 'secret_number', '2', 'once, if it is asked for again at once');
SELECT is(secret_numbers(pg_temp.at('https://a')), '{2,1}', 'for a while both sign');
UPDATE target SET rotated_at = now() - interval '1 min' WHERE id = :'a';
SELECT is(rotate_secret('acme', :'a') -> 'secret_number', '3', 'it can be changed again');
UPDATE target SET rotated_at = now() - interval '24 hours' WHERE id = :'a';
SELECT is(secret_numbers(pg_temp.at('https://a')), '{3}', 'after a day the new one alone');
SELECT is(rotate_secret('acme', :'m') -> 'secret_number', '1', 'other channels have none');

-- enable_target
SELECT is(enable_target('other', :'a'), NULL, 'nobody else enables');
SELECT is(enable_target('acme', :'a') ->> 'status', 'active', 'a disabled one is active again');
SELECT is(enable_target('acme', :'a') ->> 'status', 'active', 'as it may be before');
UPDATE target SET status = 'disabled', reason = 'gone', disabled_at = now(), failing_since = now() WHERE channel = 'email';
SELECT is(send_code('acme', :'m'), '{"refused":"disabled"}', 'a disabled one gets no code');
SELECT is(verify_target('acme', :'m', '000000'), '{"refused":"disabled"}', 'and takes none');
SELECT is(enable_target('acme', :'m') ->> 'status', 'active', 'a verified one is active');
SELECT is(enable_target('acme', pg_temp.id_of('n@example.com')) ->> 'status', 'unverified', 'another is to be verified');
SELECT is(failing_since, NULL, 'what was before does not count') FROM target WHERE id = :'m';

-- list_targets
SELECT is(count(*), 3::bigint, 'operators see those of an owner') FROM list_targets('acme');
SELECT is(count(*), 5::bigint, 'or all') FROM list_targets();
SELECT is(t - 'id' - 'created_at' - 'verified_at' - 'rotated_at' - 'events',
  '{"owner":"acme","channel":"email","address":"m@example.com","status":"active","reason":null,"secret_number":1,"disabled_at":null,"failing_since":null,"waiting":0}',
  'each with what waits for it') FROM list_targets('acme') AS t WHERE t ->> 'address' = 'm@example.com';

SELECT * FROM finish();
ROLLBACK;
