-- What every edge is to take out of its cache: links that were revoked, objects that were erased. Each edge reads on from
-- where it was; a row is of no use after an hour or so (see purge, purged_since).
CREATE TABLE purge (
  xid        xid8        NOT NULL DEFAULT pg_current_xact_id(),               -- whose commits readers can put in order
  id         bigint      NOT NULL GENERATED ALWAYS AS IDENTITY,
  object_key text        NOT NULL,
  link_id    uuid,                                                            -- NULL: its row was gone before
  at         timestamptz NOT NULL DEFAULT now(),
  CONSTRAINT purge_pkey PRIMARY KEY (xid, id)
);

-- How long links of a key's tasks live, where that is not the service's default. An interval of the calendar.
ALTER TABLE api_key ADD COLUMN link_life interval
  CONSTRAINT api_key_link_life_positive CHECK (link_life > interval '0');

-- Which keys have signed links, and until when: one that has not signed since before the oldest living link was made may go.
CREATE TABLE link_key (
  number       smallint    NOT NULL CONSTRAINT link_key_pkey PRIMARY KEY
               CONSTRAINT link_key_number_range CHECK (number BETWEEN 0 AND 255),
  signed_from  timestamptz NOT NULL DEFAULT now(),
  signed_until timestamptz NOT NULL DEFAULT now()
);
