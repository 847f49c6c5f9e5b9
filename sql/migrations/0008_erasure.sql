-- Erasure: what is erased goes from the other tables at once. What is still to be done about it is here, and that it was.

-- Objects that no row speaks of any more, until the store has deleted them.
CREATE TABLE erased_object (
  object_key     text        NOT NULL CONSTRAINT erased_object_pkey PRIMARY KEY,
  erased_at      timestamptz NOT NULL DEFAULT now(),
  deleting_until timestamptz                                                  -- lease of the cleanup
);
CREATE INDEX erased_object_erased_at ON erased_object (erased_at);

-- Tasks that were erased: their ids, so that whoever asks hears that they are gone, and nothing else.
CREATE TABLE erased_task (
  task_id   uuid        NOT NULL CONSTRAINT erased_task_pkey PRIMARY KEY,
  erased_at timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX erased_task_erased_at ON erased_task (erased_at);

-- All that is an owner's, and what is dead of one task.
CREATE INDEX task_owner ON task (owner, id) WHERE owner IS NOT NULL;
CREATE INDEX dead_ref ON dead (ref);

-- What has nothing to show any more, the longest first: a cleanup does not look through those that ended before, and whose
-- links live.
CREATE INDEX task_over ON task (coalesce(expires_at, finished_at)) WHERE finished_at IS NOT NULL;
