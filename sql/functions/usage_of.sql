-- What a request uses, as a row of `usage`: one request, the bytes that were uploaded with it, and the megapixels of all
-- frames once for each result.
CREATE FUNCTION usage_of(p_account text, p_request jsonb) RETURNS usage
LANGUAGE sql STABLE AS $$
  SELECT p_account, utc_day(), 1::bigint, (i ->> 'bytes')::bigint,
         round((i ->> 'width')::numeric * (i ->> 'height')::numeric * (i ->> 'frames')::numeric
               * jsonb_array_length(p_request #> '{spec,filters}') / 1000000, 6)
    FROM (SELECT p_request -> 'image') AS image(i)
$$;
