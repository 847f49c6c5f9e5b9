-- What time it is for links: when they end, whether they have. Nothing but now(), which it is inlined to; a test that wants
-- another time puts another function in this one's place.
CREATE FUNCTION clock() RETURNS timestamptz
LANGUAGE sql STABLE PARALLEL SAFE AS $$ SELECT now() $$;
