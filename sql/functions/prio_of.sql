-- The priority of a new task: 0 comes first, 3 last. Accounts go by what they have open (see prio_of_account). A task
-- that counts for nobody could be one of any number, and gets 1. What was asked to go behind (spec.priority = low) gets 3.
CREATE FUNCTION prio_of(p_account text, p_spec jsonb) RETURNS smallint
LANGUAGE plpgsql STABLE AS $$
BEGIN
  IF p_spec ->> 'priority' = 'low' THEN RETURN 3; END IF;
  IF p_account IS NULL THEN RETURN 1; END IF;
  RETURN prio_of_account(p_account);
END $$;
