-- When the last living link ends that this key may have signed; NULL: there is none, and the key may go. A link may have
-- been signed at any time after it was made, so those count that were made before the key signed last. Of a key that
-- nobody ever noted, those count that are older than the notes.
CREATE FUNCTION key_needed_until(p_number integer) RETURNS timestamptz
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = imgfilter, pg_temp AS $$
  SELECT max(l.expires_at) FROM link l
   WHERE l.expires_at > clock() AND l.revoked_at IS NULL
     AND l.created_at <= coalesce(
           (SELECT k.signed_until + interval '1 hour' FROM link_key k WHERE k.number = p_number),
           (SELECT min(k.signed_from) FROM link_key k), 'infinity')
$$;
