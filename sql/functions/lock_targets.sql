-- Makes whoever changes an owner's targets do so one after another, and lets ends of tasks that are being told commit first
-- (see tell_tasks). All of an owner are locked in one order; whoever holds one waits for no row of the queue.
CREATE FUNCTION lock_targets(p_owner text) RETURNS void
LANGUAGE plpgsql AS $$
BEGIN
  PERFORM pg_advisory_xact_lock(hashtextextended('imgfilter.targets ' || p_owner, 0));
  PERFORM FROM target WHERE owner = p_owner ORDER BY id FOR UPDATE;
END $$;
