-- How many tasks of an account have not ended.
CREATE FUNCTION open_tasks(p_account text) RETURNS bigint
LANGUAGE sql STABLE AS $$
  SELECT count(*) FROM task WHERE account = p_account
$$;
