-- What is kept of a code: it is short, but lives for half an hour and dies of a few wrong guesses.
CREATE FUNCTION code_digest(p_target uuid, p_code text) RETURNS bytea
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
  SELECT sha256(convert_to(p_target || ' ' || p_code, 'UTF8'))
$$;
