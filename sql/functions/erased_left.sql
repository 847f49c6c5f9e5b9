-- How many objects that were erased between these times are still in the store, as far as is known.
CREATE FUNCTION erased_left(p_from timestamptz, p_to timestamptz) RETURNS bigint
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = imgfilter, pg_temp AS $$
  SELECT count(*) FROM erased_object WHERE erased_at BETWEEN p_from AND p_to
$$;
