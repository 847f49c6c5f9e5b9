-- Tells a worker to drain: claims give it nothing from now on, and it learns from is_draining() to finish what it has and
-- to end. False if there is no worker of this number.
CREATE FUNCTION drain(p_worker integer) RETURNS boolean
LANGUAGE plpgsql SECURITY DEFINER SET search_path = imgfilter, pg_temp AS $$
BEGIN
  UPDATE worker SET draining = true WHERE id = p_worker;
  RETURN FOUND;
END $$;
