-- How much work waits, as one of the workers has counted it a moment ago, so that nobody else needs to: one row, which
-- is changed about once a second and stays on its page.
CREATE TABLE queue_state (
  one          boolean     NOT NULL DEFAULT true CONSTRAINT queue_state_pkey PRIMARY KEY
               CONSTRAINT queue_state_one_row CHECK (one),
  fast_waiting bigint      NOT NULL DEFAULT 0,                                -- tasks that no worker has
  slow_waiting bigint      NOT NULL DEFAULT 0,
  fast_oldest  timestamptz,                                                   -- since when the oldest that is ready waits
  slow_oldest  timestamptz,
  published_at timestamptz NOT NULL DEFAULT '-infinity'
) WITH (fillfactor = 50);
INSERT INTO queue_state DEFAULT VALUES;
