-- Raises if more is used than a quota {requests, bytes, megapixels, open_tasks} allows: IF010, IF011, IF012 and IF013
-- in this order. The edge reads the message, which names the limit.
CREATE FUNCTION enforce_quota(p_quota jsonb, p_used usage, p_open bigint) RETURNS void
LANGUAGE plpgsql IMMUTABLE AS $$
DECLARE
  v_limit record;
BEGIN
  FOR v_limit IN
    SELECT q.name, q.code FROM (VALUES
      (1, 'requests',   'IF010', p_used.requests::numeric),
      (2, 'bytes',      'IF011', p_used.bytes),
      (3, 'megapixels', 'IF012', p_used.megapixels),
      (4, 'open_tasks', 'IF013', p_open)) AS q(n, name, code, used)
     WHERE q.used > (p_quota ->> q.name)::numeric ORDER BY q.n
  LOOP
    RAISE EXCEPTION 'imgfilter quota: % %', v_limit.name, p_quota ->> v_limit.name USING ERRCODE = v_limit.code;
  END LOOP;
END $$;
