-- Raises IF022, naming the option, if a request wants to be told at an address that is not an active target of its owner:
-- nobody else's phone or letter box can be named.
CREATE FUNCTION check_addresses(p_owner text, p_spec jsonb) RETURNS void
LANGUAGE plpgsql STABLE AS $$
DECLARE
  v_option text;
BEGIN
  FOREACH v_option IN ARRAY ARRAY['email', 'sms'] LOOP
    IF p_spec ->> v_option IS NOT NULL
       AND NOT EXISTS (SELECT FROM target
                        WHERE owner = p_owner AND channel = v_option AND address = p_spec ->> v_option AND status = 'active') THEN
      RAISE EXCEPTION 'imgfilter address: %', v_option USING ERRCODE = 'IF022';
    END IF;
  END LOOP;
END $$;
