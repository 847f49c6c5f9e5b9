-- The priority of a new task: 0 comes first, 3 last. An account that has little open goes before one that has much, so
-- that nobody waits behind another's ten thousand: 0 below 8 open tasks, 1 below 64, 2 below 512, otherwise 3. Counted
-- once, when the task is made, and no further than that. A task that counts for nobody could be one of any number, and
-- gets 1. What was asked to go behind (spec.priority = low) gets 3.
-- Where one account has most of what is open, a scan of the whole table looks like a quick way to 512 of its rows, and
-- never ends for the others: so none may be planned.
CREATE FUNCTION prio_of(p_account text, p_spec jsonb) RETURNS smallint
LANGUAGE plpgsql STABLE SET enable_seqscan = off SET enable_bitmapscan = off AS $$
BEGIN
  IF p_spec ->> 'priority' = 'low' THEN RETURN 3; END IF;
  IF p_account IS NULL THEN RETURN 1; END IF;
  RETURN (SELECT CASE WHEN count(*) < 8 THEN 0 WHEN count(*) < 64 THEN 1 WHEN count(*) < 512 THEN 2 ELSE 3 END
            FROM (SELECT FROM task WHERE account = p_account LIMIT 512) AS open);
END $$;
