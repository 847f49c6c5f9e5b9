-- Whether a worker was told to finish what it has, claim no more and end (see drain).
CREATE FUNCTION is_draining(p_worker integer) RETURNS boolean
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = imgfilter, pg_temp AS $$
BEGIN
  RETURN EXISTS (SELECT FROM worker WHERE id = p_worker AND draining);
END $$;
