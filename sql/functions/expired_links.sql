-- Leases a batch of expired links to one cleanup, which deletes their objects and then calls
-- remove_links(). A cleanup that dies leaves them to the next when p_lease is over; two at once share the work.
CREATE FUNCTION expired_links(p_limit integer, p_lease interval) RETURNS TABLE (link uuid, object_key text)
LANGUAGE sql SECURITY DEFINER SET search_path = imgfilter, pg_temp AS $$
  UPDATE link SET deleting_until = now() + p_lease
   WHERE id = ANY (ARRAY(
     SELECT id FROM link
      WHERE expires_at <= clock() AND (deleting_until IS NULL OR deleting_until < now())
      ORDER BY expires_at LIMIT p_limit FOR UPDATE SKIP LOCKED))
  RETURNING link.id, link.object_key
$$;
