-- Wakes the workers that wait for a lane. Only a hint: they look by themselves a few times a second. A NOTIFY takes a
-- lock of the whole database at commit, so it is called after the insert's commit, at most some twenty times a second
-- for each caller, and does not wait for the disk.
CREATE FUNCTION announce(p_lane text) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = imgfilter, pg_temp AS $$
BEGIN
  PERFORM set_config('synchronous_commit', 'off', true), lane_number(p_lane);
  PERFORM pg_notify('imgfilter', p_lane);
END $$;
