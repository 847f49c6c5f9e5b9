-- What workers tell of the service as a whole, counted by one of them every few seconds so that nobody else needs to: one
-- row, which stays on its page.
CREATE TABLE service_state (
  one          boolean     NOT NULL DEFAULT true CONSTRAINT service_state_pkey PRIMARY KEY
               CONSTRAINT service_state_one_row CHECK (one),
  counted      jsonb       NOT NULL DEFAULT '{}',                             -- as count_service() has it
  published_at timestamptz NOT NULL DEFAULT '-infinity'
) WITH (fillfactor = 50);
INSERT INTO service_state DEFAULT VALUES;

-- Images that a worker filters at the same time; NULL: it filters none, it only tells.
ALTER TABLE worker ADD COLUMN slots integer CONSTRAINT worker_slots_positive CHECK (slots > 0);
