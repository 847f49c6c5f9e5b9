-- Whether what a try came to changes anything about its target (see note_outcome). False where it has none. p_status is that
-- of an answer: whoever gave one is there. Only of a webhook and a push it says something that nothing arrives: the other
-- channels go through what is the operator's own, and when that is down no target is to blame.
CREATE FUNCTION is_news(p_target target, p_outcome text, p_status integer) RETURNS boolean
LANGUAGE plpgsql STABLE AS $$
BEGIN
  IF p_target.id IS NULL OR p_target.status = 'disabled' THEN RETURN false; END IF;
  RETURN CASE
    WHEN p_outcome = 'gone' THEN true
    WHEN p_outcome = 'retry' THEN p_target.channel IN ('webhook', 'push')
                                  AND (p_target.failing_since IS NULL OR has_failed_for_long(p_target))
    WHEN p_outcome = 'delivered' OR p_status IS NOT NULL THEN p_target.failing_since IS NOT NULL
    ELSE false END;
END $$;
