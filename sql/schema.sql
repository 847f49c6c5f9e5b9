-- The schema, and the list of migrations that were applied to it. `imgfilter migrate` runs this before anything else.
CREATE SCHEMA IF NOT EXISTS imgfilter;
CREATE TABLE IF NOT EXISTS imgfilter.migration (
  number     integer     NOT NULL CONSTRAINT migration_pkey PRIMARY KEY,
  name       text        NOT NULL,
  checksum   text        NOT NULL,                                            -- SHA-256 of the file, hex
  applied_at timestamptz NOT NULL DEFAULT now()
);
