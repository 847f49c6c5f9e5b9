-- Makes whoever changes an owner's targets do so one after another. Taken before any row of the queue: whoever has one of
-- those waits for no target.
CREATE FUNCTION lock_targets(p_owner text) RETURNS void
LANGUAGE plpgsql AS $$
BEGIN
  PERFORM pg_advisory_xact_lock(hashtextextended('imgfilter.targets ' || p_owner, 0));
END $$;
