-- Leases a batch of objects that were erased to one cleanup, which deletes them and then calls remove_erased_objects(). A
-- cleanup that dies leaves them to the next when p_lease is over; two at once share the work.
CREATE FUNCTION erased_objects(p_limit integer, p_lease interval) RETURNS SETOF text
LANGUAGE sql SECURITY DEFINER SET search_path = imgfilter, pg_temp AS $$
  UPDATE erased_object SET deleting_until = now() + p_lease
   WHERE object_key = ANY (ARRAY(
     SELECT object_key FROM erased_object
      WHERE deleting_until IS NULL OR deleting_until < now()
      ORDER BY erased_at LIMIT p_limit FOR UPDATE SKIP LOCKED))
  RETURNING object_key
$$;
