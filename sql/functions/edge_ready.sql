-- Whether this database can take orders: it has the schema and is not a read-only standby.
CREATE FUNCTION edge_ready() RETURNS boolean
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = imgfilter, pg_temp AS $$
  SELECT NOT pg_is_in_recovery() AND EXISTS (SELECT FROM migration)
$$;
