-- The outbox: one delivery for each end of a task that asks for it, tried until it is told or given up.
BEGIN;
\ir fixture.psql
SELECT plan(33);
SELECT worker_start('host', 1, 'test') AS w \gset

SELECT submit_task(pg_temp.request(1, spec => '{"webhook":"https://example.com/hook"}') || jsonb_build_object('trace', pg_temp.trace())) \g /dev/null
SELECT queue_id AS q, lease AS l, trace AS t, created_at AS at FROM claim(:w, 'fast', 1, 1000, 1000, '1 min', NULL, '3 months') \gset
SELECT is(:'t'::jsonb, pg_temp.trace(), 'whoever does a task knows its trace');
SELECT is(:'at'::timestamptz, now(), 'and when it was ordered');
SELECT is(count(*), 0::bigint, 'nothing to tell yet') FROM delivery;
SELECT complete(:w, :q, :l, pg_temp.results(1, :l), '3 months') \g /dev/null
SELECT results_eq($$ SELECT task_id, channel, event, target, status FROM delivery $$,
  $$ VALUES (pg_temp.task_id(1), 'webhook', 'task.done', 'https://example.com/hook', 'pending') $$, 'the end is to be told');
SELECT is(count(*), 0::bigint, 'not by those who do images') FROM claim(:w, 'fast', 9, 1000, 1000, '1 min', NULL, '3 months');

SELECT * FROM claim_deliveries(:w, 'webhook', 9, '1 min') \gset d_
SELECT is(:d_attempts, 1, 'it is claimed like a task');
SELECT is(:'d_target'::text, 'https://example.com/hook', 'with its target');
SELECT is(:'d_task'::jsonb, task_view(pg_temp.task_id(1)), 'and the task as it is');
SELECT is(:'d_trace'::jsonb, pg_temp.trace(), 'of this trace');
SELECT matches(:'d_event_at'::text, '^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$', 'and when it happened');
SELECT is(count(*), 0::bigint, 'once') FROM claim_deliveries(:w, 'webhook', 9, '1 min');

SELECT is(store_body(:w, :d_queue_id, :d_lease, 'first'), 'first'::bytea, 'the bytes are fixed');
SELECT is(store_body(:w, :d_queue_id, :d_lease, 'second'), 'first'::bytea, 'for good');
SELECT is(store_body(:w, :d_queue_id, 0, 'third'), NULL, 'not under a lease that is lost');

SELECT is(finish_delivery(:w, :d_queue_id, 0, 'delivered', 200, 5, 'x', '', '1 s'), 'stale', 'nor can it be ended then');
SELECT is(delivery_end(:'d_delivery', :d_lease), 'lost', 'what is not recorded is somebody else''s');
SELECT is(finish_delivery(:w, :d_queue_id, :d_lease, 'retry', 500, 5, 'answered 500', 'oops', '1 min'), 'retry', 'a failure is tried again');
SELECT is(run_at, now() + interval '1 min', 'after the pause') FROM queue WHERE id = :d_queue_id;
SELECT is(finish_delivery(:w, :d_queue_id, :d_lease, 'retry', 500, 5, 'answered 500', 'oops', '1 min'), 'stale', 'which is not said twice');
SELECT is(delivery_end(:'d_delivery', :d_lease), 'retry', 'but that it was recorded is known');
UPDATE queue SET run_at = now() WHERE id = :d_queue_id;
SELECT lease AS l, body AS b FROM claim_deliveries(:w, 'webhook', 9, '1 min') \gset
SELECT is(:'b'::bytea, 'first', 'with the same bytes');
SELECT is(delivery_end(:'d_delivery', :d_lease), 'retry', 'also while somebody else is trying');
SELECT is(finish_delivery(:w, :d_queue_id, :l, 'delivered', 200, 7, 'answered 200', 'ok', '0'), 'delivered', 'until it is told');
SELECT is(delivery_end(:'d_delivery', :l), 'delivered', 'as is known to whoever was not told so');
SELECT results_eq($$ SELECT status::integer, outcome, reply FROM attempt ORDER BY lease $$,
  $$ VALUES (500, 'retry', 'oops'::bytea), (200, 'delivered', 'ok'::bytea) $$, 'every try is written down');
SELECT results_eq($$ SELECT status, queue_id, finished_at IS NOT NULL FROM delivery $$, $$ VALUES ('delivered', NULL::bigint, true) $$, 'and it is over');

-- failed tasks, tries used up, and targets that are gone
SELECT pg_temp.order_photo(2, spec => '{"webhook":"https://example.com/hook"}') \g /dev/null
SELECT queue_id AS q, lease AS l FROM claim(:w, 'fast', 1, 1000, 1000, '1 min', NULL, '3 months') \gset
SELECT fail(:w, :q, :l, 'broken_image', 'cut short', true, '1 s', '1 s') \g /dev/null
SELECT is(event, 'task.failed', 'a failure is told, too') FROM delivery WHERE task_id = pg_temp.task_id(2);
UPDATE queue SET attempts = max_attempts - 1;
SELECT queue_id AS q, lease AS l FROM claim_deliveries(:w, 'webhook', 9, '1 min') \gset
SELECT is(finish_delivery(:w, :q, :l, 'retry', NULL, 5, 'timeout', '', '1 s'), 'failed', 'the last try is the last');
SELECT is(delivery_end((SELECT id FROM delivery WHERE task_id = pg_temp.task_id(2)), :l), 'failed', 'which can be asked for, too');
SELECT is(count(*), 1::bigint, 'and lies with the dead') FROM dead WHERE code = 'retry' AND detail = 'timeout';
SELECT is(task_view(pg_temp.task_id(2)) ->> 'status', 'failed', 'the task is as it was');
SELECT erase(pg_temp.task_id(2)) \g /dev/null
SELECT is(delivery_end(:'d_delivery', :l), 'lost', 'a try under another lease says nothing');
SELECT is(delivery_end(pg_temp.task_id(2), :l), 'erased', 'nobody wants what is not there');

SELECT * FROM finish();
ROLLBACK;
