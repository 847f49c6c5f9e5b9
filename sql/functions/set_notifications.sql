-- PUT /me/notifications: replaces all targets of an owner by these, each {channel, address, keys, events} (see put_target);
-- those that are not named are removed. Raises IF020 for too many of them (see check_room), and IF021 for too many codes (see
-- issue_code): then nothing is changed. Returns notifications_view().
CREATE FUNCTION set_notifications(p_owner text, p_targets jsonb, p_limits jsonb) RETURNS jsonb
LANGUAGE plpgsql SECURITY DEFINER SET search_path = imgfilter, pg_temp AS $$
BEGIN
  PERFORM lock_targets(p_owner);
  PERFORM drop_target(g.id) FROM target g
    WHERE g.owner = p_owner
      AND NOT EXISTS (SELECT FROM jsonb_to_recordset(p_targets) AS k(channel text, address text)
                       WHERE k.channel = g.channel AND k.address = g.address);
  PERFORM put_target(p_owner, t.target) FROM jsonb_array_elements(p_targets) WITH ORDINALITY AS t(target, n) ORDER BY t.n;
  PERFORM check_room(p_owner, p_limits);
  RETURN notifications_view(p_owner);
END $$;
