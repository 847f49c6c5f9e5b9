-- The number under which a lane's rows lie in the queue. Images have three lanes: two by their cost, and the quarantine,
-- in which workers take one at a time, for those that a worker was lost with (see reap). Each channel of delivery has
-- one. Raises IF001 for a lane that is not.
CREATE FUNCTION lane_number(p_lane text) RETURNS smallint
LANGUAGE plpgsql IMMUTABLE AS $$
BEGIN
  CASE p_lane
    WHEN 'fast'       THEN RETURN 0;
    WHEN 'slow'       THEN RETURN 1;
    WHEN 'quarantine' THEN RETURN 2;
    WHEN 'webhook'    THEN RETURN 10;
    WHEN 'email'      THEN RETURN 11;
    WHEN 'push'       THEN RETURN 12;
    WHEN 'sms'        THEN RETURN 13;
    WHEN 'topic'      THEN RETURN 14;
    ELSE RAISE EXCEPTION 'there is no lane named %', quote_nullable(p_lane) USING ERRCODE = 'IF001';
  END CASE;
END $$;
