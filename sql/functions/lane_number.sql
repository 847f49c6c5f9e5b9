-- The number under which a lane's rows lie in the queue. Images have two lanes, each channel of delivery one.
-- Raises IF001 for a lane that is not.
CREATE FUNCTION lane_number(p_lane text) RETURNS smallint
LANGUAGE plpgsql IMMUTABLE AS $$
BEGIN
  CASE p_lane
    WHEN 'fast'    THEN RETURN 0;
    WHEN 'slow'    THEN RETURN 1;
    WHEN 'webhook' THEN RETURN 10;
    ELSE RAISE EXCEPTION 'there is no lane named %', quote_nullable(p_lane) USING ERRCODE = 'IF001';
  END CASE;
END $$;
