-- Who may do what. `imgfilter migrate` runs this last, each time; it may be run any number of times.
-- The two roles own nothing, read no table, and may call the functions named here: nothing else. How they prove who
-- they are (peer, password) is the operator's choice. What is the operator's (making and revoking keys, revoking and extending
-- links, looking into the queue, canceling, putting back, draining workers, erasing what is an owner's) the owner of the schema
-- does alone.
DO $$
DECLARE
  v_role text;
BEGIN
  FOREACH v_role IN ARRAY ARRAY['imgfilter_edge', 'imgfilter_worker'] LOOP
    IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = v_role) THEN
      BEGIN
        EXECUTE format('CREATE ROLE %I LOGIN', v_role);
      EXCEPTION WHEN duplicate_object OR unique_violation THEN
        NULL;  -- roles belong to the whole cluster: a migration of another database was first
      END;
    END IF;
    -- No statement, lock or forgotten transaction of ours may hold up the queue.
    EXECUTE format('ALTER ROLE %I IN DATABASE %I SET statement_timeout = %L', v_role, current_database(),
                   CASE v_role WHEN 'imgfilter_edge' THEN '5s' ELSE '15s' END);
    EXECUTE format('ALTER ROLE %I IN DATABASE %I SET lock_timeout = %L', v_role, current_database(), '4s');
    EXECUTE format('ALTER ROLE %I IN DATABASE %I SET idle_in_transaction_session_timeout = %L',
                   v_role, current_database(), '10s');
  END LOOP;
END $$;

GRANT USAGE ON SCHEMA imgfilter TO imgfilter_edge, imgfilter_worker;
REVOKE ALL ON ALL TABLES IN SCHEMA imgfilter FROM PUBLIC, imgfilter_edge, imgfilter_worker;
REVOKE ALL ON ALL FUNCTIONS IN SCHEMA imgfilter FROM PUBLIC, imgfilter_edge, imgfilter_worker;

GRANT EXECUTE ON FUNCTION submit_task, task_view, changed_tasks, link_view, edge_ready, announce, key_by_hash, foresee,
  image_view, erase_task
  TO imgfilter_edge;
GRANT EXECUTE ON FUNCTION notifications_view, set_notifications, send_code, verify_target, rotate_secret, enable_target,
  deliveries_of, replay_delivery TO imgfilter_edge;
GRANT EXECUTE ON FUNCTION queue_pressure, purged_since, note_link_key TO imgfilter_edge;

GRANT EXECUTE ON FUNCTION worker_start, worker_stop, beat, is_draining, reap TO imgfilter_worker;
GRANT EXECUTE ON FUNCTION publish_queue_state, publish_service_state, service_state, lease_end TO imgfilter_worker;
GRANT EXECUTE ON FUNCTION claim, complete, complete_many, fail, release TO imgfilter_worker;
GRANT EXECUTE ON FUNCTION claim_deliveries, store_body, begin_delivery, finish_delivery, defer_delivery, delivery_end,
  tell_expiring, link_view TO imgfilter_worker;
GRANT EXECUTE ON FUNCTION expired_links, remove_links, spent_originals, remove_originals, orphans, remove_old_rows,
  cleanup_preview, erased_objects, remove_erased_objects, leased_rows, longest_life, purge,
  note_link_key TO imgfilter_worker;
