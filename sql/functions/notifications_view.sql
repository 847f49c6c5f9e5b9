-- Where an owner is told: {"targets": [...]} in the order in which they were made.
CREATE FUNCTION notifications_view(p_owner text) RETURNS jsonb
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = imgfilter, pg_temp AS $$
BEGIN
  RETURN jsonb_build_object('targets', coalesce(
    (SELECT jsonb_agg(target_view(g) ORDER BY g.created_at, g.id) FROM target g WHERE g.owner = p_owner), '[]'));
END $$;
