-- Notes that links are signed with this key now. Every edge and worker says so when it starts, and every few minutes.
CREATE FUNCTION note_link_key(p_number integer) RETURNS boolean
LANGUAGE sql SECURITY DEFINER SET search_path = imgfilter, pg_temp AS $$
  INSERT INTO link_key (number) VALUES (p_number::smallint)
  ON CONFLICT (number) DO UPDATE SET signed_until = now();
  SELECT true
$$;
