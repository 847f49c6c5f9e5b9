-- The ids of all tasks of an owner.
CREATE FUNCTION tasks_of_owner(p_owner text) RETURNS SETOF uuid
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = imgfilter, pg_temp AS $$
  SELECT id FROM task WHERE owner = p_owner
$$;
