-- Makes a code for a target that is to be verified and sends it there: six digits that live for half an hour. The one before
-- is void. Raises IF021, with what it is about and the limit, after 5 codes for an address of an owner or 20 for an owner in
-- 24 hours: nobody's letter box or bill is filled. The caller has locked the owner's targets, so none slips past a limit.
-- The random bits are those of a UUID, of which the first 32 are all random and from the system's own source.
CREATE FUNCTION issue_code(p_target target) RETURNS void
LANGUAGE plpgsql AS $$
DECLARE
  v_code    text  := lpad(((('x' || left(gen_random_uuid()::text, 8))::bit(32)::bigint) % 1000000)::text, 6, '0');
  v_address bytea := sha256(convert_to(p_target.channel || ' ' || p_target.address, 'UTF8'));
  v_sent    record;
BEGIN
  SELECT count(*) AS owner, count(*) FILTER (WHERE address = v_address) AS target INTO v_sent
    FROM code_request WHERE owner = p_target.owner AND at > now() - interval '24 hours';
  IF v_sent.target >= 5 THEN
    RAISE EXCEPTION 'imgfilter codes: target 5' USING ERRCODE = 'IF021';
  ELSIF v_sent.owner >= 20 THEN
    RAISE EXCEPTION 'imgfilter codes: owner 20' USING ERRCODE = 'IF021';
  END IF;
  INSERT INTO code_request (owner, address) VALUES (p_target.owner, v_address);
  UPDATE target SET code_sha256 = code_digest(id, v_code), code_until = now() + interval '30 minutes', code_tries = 0
   WHERE id = p_target.id;
  PERFORM end_waiting(p_target.id, 'code_void');
  PERFORM enqueue_delivery(NULL, p_target.channel, 'target.verify', p_target.address, p_target.owner, p_target.id,
                           jsonb_build_object('code', v_code));
END $$;
