-- What the edge needs to know of an image that is to be filtered again, or NULL when this owner may not know of one (see
-- kept_image). Whether the original is still there is decided by submit_task.
CREATE FUNCTION image_view(p_image uuid, p_owner text) RETURNS jsonb
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = imgfilter, pg_temp AS $$
  SELECT jsonb_build_object('id', id, 'format', format, 'width', width, 'height', height, 'frames', frames)
    FROM kept_image(p_image, p_owner)
$$;
