-- The checks of the tables that every task goes through, as domains where they are of one column: a CHECK of a table is
-- read and planned anew by each statement that writes to it, a domain's once by each connection.
-- A type changes while it has no constraint yet: so no table is written anew, and what is there is looked through once.

CREATE DOMAIN digest        AS bytea;                                         -- SHA-256
CREATE DOMAIN positive      AS integer;
CREATE DOMAIN positive_big  AS bigint;
CREATE DOMAIN positive_tiny AS smallint;
CREATE DOMAIN priority      AS smallint;                                      -- 0 first
CREATE DOMAIN task_state    AS text;

ALTER TABLE image
  DROP CONSTRAINT image_sha256_length, DROP CONSTRAINT image_size_positive,
  ALTER COLUMN sha256 TYPE digest, ALTER COLUMN width TYPE positive, ALTER COLUMN height TYPE positive,
  ALTER COLUMN frames TYPE positive, ALTER COLUMN bytes TYPE positive_big;
ALTER TABLE task
  DROP CONSTRAINT task_status, DROP CONSTRAINT task_memory_positive, DROP CONSTRAINT task_queue_while_open,
  ALTER COLUMN status TYPE task_state, ALTER COLUMN memory TYPE positive;
ALTER TABLE queue
  DROP CONSTRAINT queue_prio_range, DROP CONSTRAINT queue_max_attempts_positive, DROP CONSTRAINT queue_memory_positive,
  ALTER COLUMN prio TYPE priority, ALTER COLUMN max_attempts TYPE positive_tiny, ALTER COLUMN memory TYPE positive;
ALTER TABLE link
  DROP CONSTRAINT link_sha256_length,
  ALTER COLUMN sha256 TYPE digest;

ALTER DOMAIN digest        ADD CONSTRAINT digest_length       CHECK (length(VALUE) = 32);
ALTER DOMAIN positive      ADD CONSTRAINT positive_integer    CHECK (VALUE > 0);
ALTER DOMAIN positive_big  ADD CONSTRAINT positive_bigint     CHECK (VALUE > 0);
ALTER DOMAIN positive_tiny ADD CONSTRAINT positive_smallint   CHECK (VALUE > 0);
ALTER DOMAIN priority      ADD CONSTRAINT priority_range      CHECK (VALUE BETWEEN 0 AND 3);
ALTER DOMAIN task_state    ADD CONSTRAINT task_state_known
  CHECK (VALUE IN ('queued', 'processing', 'done', 'failed', 'canceled', 'expired'));

-- As before. The states of an open task are the last ones of the alphabet: to compare with one word is quicker to read
-- than a list.
ALTER TABLE task
  ADD CONSTRAINT task_queue_while_open CHECK ((queue_id IS NOT NULL) = (status >= 'processing' COLLATE "C"));
