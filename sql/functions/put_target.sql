-- Enters a target {channel, address, keys, events}, or changes what one with this address wants to hear: then it stays what
-- it is, disabled too. One of e-mail or SMS that is new gets a code. The caller has locked the owner's targets.
CREATE FUNCTION put_target(p_owner text, p_target jsonb) RETURNS target
LANGUAGE plpgsql AS $$
DECLARE
  v_coded  boolean := p_target ->> 'channel' IN ('email', 'sms');
  v_events text[]  := ARRAY(SELECT DISTINCT e FROM jsonb_array_elements_text(p_target -> 'events') AS e ORDER BY e);
  v_keys   jsonb   := nullif(p_target -> 'keys', 'null');
  v_target target;
BEGIN
  UPDATE target SET events = v_events, keys = coalesce(v_keys, keys)
   WHERE owner = p_owner AND channel = p_target ->> 'channel' AND address = p_target ->> 'address'
  RETURNING * INTO v_target;
  IF FOUND THEN RETURN v_target; END IF;

  INSERT INTO target (owner, channel, address, keys, events, status)
  VALUES (p_owner, p_target ->> 'channel', p_target ->> 'address', v_keys, v_events,
          CASE WHEN v_coded THEN 'unverified' ELSE 'active' END)
  RETURNING * INTO v_target;
  IF v_coded THEN
    PERFORM issue_code(v_target);
  END IF;
  RETURN v_target;
END $$;
