-- The name of a lane, as operators read it: the reverse of lane_number(). NULL for a number that is none.
CREATE FUNCTION lane_name(p_lane smallint) RETURNS text
LANGUAGE plpgsql IMMUTABLE AS $$
BEGIN
  RETURN (SELECT name FROM unnest(lane_names()) AS name WHERE lane_number(name) = p_lane);
END $$;
