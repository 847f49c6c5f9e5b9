-- Whose Idempotency-Key a request has: unlike what is counted, an anonymous one always belongs to its client's address.
CREATE FUNCTION idempotency_account(p_request jsonb) RETURNS text
LANGUAGE sql STABLE AS $$
  SELECT account_of(jsonb_build_object('owner', p_request -> 'owner', 'client', p_request #> '{idempotency,client}'))
$$;
