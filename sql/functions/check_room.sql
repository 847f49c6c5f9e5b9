-- Raises IF020, with the limit, if an owner has more targets than p_limits allows ({"max_targets"}, 20).
CREATE FUNCTION check_room(p_owner text, p_limits jsonb) RETURNS void
LANGUAGE plpgsql STABLE AS $$
DECLARE
  v_limit integer := coalesce((p_limits ->> 'max_targets')::integer, 20);
BEGIN
  IF (SELECT count(*) FROM target WHERE owner = p_owner) > v_limit THEN
    RAISE EXCEPTION 'imgfilter targets: too many %', v_limit USING ERRCODE = 'IF020';
  END IF;
END $$;
