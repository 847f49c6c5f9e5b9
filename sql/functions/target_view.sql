-- A target as its owner reads it. Without what pushes are encrypted with, which only the browser needs to know.
CREATE FUNCTION target_view(p_target target) RETURNS jsonb
LANGUAGE plpgsql STABLE AS $$
BEGIN
  RETURN jsonb_build_object(
    'id', p_target.id, 'channel', p_target.channel, 'address', p_target.address, 'events', to_jsonb(p_target.events),
    'status', p_target.status, 'reason', p_target.reason, 'created_at', utc(p_target.created_at),
    'verified_at', utc(p_target.verified_at), 'secret_number', p_target.secret_number);
END $$;
