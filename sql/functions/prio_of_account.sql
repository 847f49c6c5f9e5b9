-- The priority of a new task of an account. One that has little open goes before one that has much, so that nobody waits
-- behind another's ten thousand: 0 below 8 open tasks, 1 below 64, 2 below 512, otherwise 3. Counted once, when the task
-- is made, and no further than that.
-- Where one account has most of what is open, a scan of the whole table looks like a quick way to 512 of its rows, and
-- never ends for the others: so none may be planned.
CREATE FUNCTION prio_of_account(p_account text) RETURNS smallint
LANGUAGE plpgsql STABLE SET enable_seqscan = off SET enable_bitmapscan = off AS $$
BEGIN
  RETURN (SELECT CASE WHEN count(*) < 8 THEN 0 WHEN count(*) < 64 THEN 1 WHEN count(*) < 512 THEN 2 ELSE 3 END
            FROM (SELECT FROM task WHERE account = p_account LIMIT 512) AS open);
END $$;
