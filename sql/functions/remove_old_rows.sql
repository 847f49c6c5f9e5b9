-- Deletes up to p_limit tasks that ended longer than p_life ago and have nothing to show any more, and with them their
-- images, deliveries and attempts; other deliveries that ended longer than p_delivery_life ago; what died as long ago as
-- tasks; and what was used on days as long ago, of addresses on any day before today; and what Idempotency-Keys stood for;
-- and that tasks were erased as long ago; and that codes were sent, a day later. Ends deliveries that
-- nobody has claimed for as long as others are kept (see end_unclaimed). Returns how many rows went, but for those that went
-- with others.
CREATE FUNCTION remove_old_rows(p_life interval, p_limit integer, p_delivery_life interval DEFAULT '30 days') RETURNS bigint
LANGUAGE plpgsql SECURITY DEFINER SET search_path = imgfilter, pg_temp AS $$
DECLARE
  v_images uuid[];
  v_tasks  bigint;
  v_others bigint;
BEGIN
  WITH removed AS (
    DELETE FROM task WHERE id = ANY (ARRAY(
      SELECT t.id FROM task t
       WHERE t.finished_at IS NOT NULL AND coalesce(t.expires_at, t.finished_at) < now() - p_life
         AND NOT EXISTS (SELECT FROM link WHERE task_id = t.id)
         AND NOT EXISTS (SELECT FROM delivery d WHERE d.task_id = t.id AND d.queue_id IS NOT NULL)
       ORDER BY coalesce(t.expires_at, t.finished_at) LIMIT p_limit FOR UPDATE SKIP LOCKED))
    RETURNING image_id)
  SELECT count(*), array_agg(DISTINCT image_id) INTO v_tasks, v_images FROM removed;
  WITH gone AS (
    DELETE FROM image i WHERE i.id = ANY (v_images) AND i.removed_at IS NOT NULL
                          AND NOT EXISTS (SELECT FROM task WHERE image_id = i.id) RETURNING 1),
  buried AS (
    DELETE FROM dead WHERE id = ANY (ARRAY(
      SELECT id FROM dead WHERE died_at < now() - p_life ORDER BY died_at LIMIT p_limit FOR UPDATE SKIP LOCKED))
    RETURNING 1),
  forgotten AS (
    DELETE FROM usage WHERE (account, day) IN (
      SELECT s.account, s.day FROM spent_usage(p_life) AS s LIMIT p_limit)
    RETURNING 1),
  lapsed AS (
    DELETE FROM idempotency WHERE (account, key) IN (
      SELECT i.account, i.key FROM idempotency i WHERE i.created_at <= now() - idempotency_life() LIMIT p_limit
         FOR UPDATE SKIP LOCKED)
    RETURNING 1),
  told AS (
    DELETE FROM delivery WHERE id = ANY (ARRAY(
      SELECT id FROM delivery WHERE finished_at < now() - p_delivery_life ORDER BY finished_at LIMIT p_limit FOR UPDATE SKIP LOCKED))
    RETURNING 1),
  coded AS (
    DELETE FROM code_request WHERE ctid = ANY (ARRAY(
      SELECT ctid FROM code_request WHERE at < now() - interval '24 hours' LIMIT p_limit FOR UPDATE SKIP LOCKED))
    RETURNING 1),
  erased AS (
    DELETE FROM erased_task WHERE task_id = ANY (ARRAY(
      SELECT task_id FROM erased_task WHERE erased_at < now() - p_life ORDER BY erased_at LIMIT p_limit FOR UPDATE SKIP LOCKED))
    RETURNING 1)
  SELECT (SELECT count(*) FROM gone) + (SELECT count(*) FROM buried) + (SELECT count(*) FROM forgotten)
       + (SELECT count(*) FROM lapsed) + (SELECT count(*) FROM told) + (SELECT count(*) FROM coded)
       + (SELECT count(*) FROM erased) INTO v_others;
  RETURN v_tasks + v_others + end_unclaimed(p_delivery_life, p_limit) + remove_purged(p_limit);
END $$;
