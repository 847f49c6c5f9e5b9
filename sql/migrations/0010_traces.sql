-- The trace of the request that ordered a task (W3C Trace Context): {"id", "span", "parent", "flags", "received"}. `span` is the
-- edge's own, to which all that follows belongs; `parent` is the caller's, if there was one; `received` is in seconds since
-- 1970. NULL: there is none, as of tasks that are older than this.
ALTER TABLE task ADD COLUMN trace jsonb;
-- Of the rows that are there all are NULL: they need not be read for it, which would keep everybody from the table.
ALTER TABLE task ADD CONSTRAINT task_trace_form CHECK (trace IS NULL OR (
    trace ->> 'id' ~ '^[0-9a-f]{32}$' AND trace ->> 'span' ~ '^[0-9a-f]{16}$' AND trace ->> 'flags' ~ '^[0-9a-f]{2}$'
    AND coalesce(trace ->> 'parent' ~ '^[0-9a-f]{16}$', true) AND jsonb_typeof(trace -> 'received') = 'number') IS TRUE)
  NOT VALID;
