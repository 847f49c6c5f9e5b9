-- Idempotency-Key: which task an account's key stands for. A row counts for a day (see first_task), and is then removed.
CREATE TABLE idempotency (
  account     text        NOT NULL,                                           -- see account_of()
  key         text        NOT NULL CONSTRAINT idempotency_key_length CHECK (length(key) BETWEEN 1 AND 255),
  fingerprint bytea       NOT NULL CONSTRAINT idempotency_fingerprint_length CHECK (length(fingerprint) = 32),
  task_id     uuid        NOT NULL CONSTRAINT idempotency_task REFERENCES task (id) ON DELETE CASCADE,
  created_at  timestamptz NOT NULL DEFAULT now(),
  CONSTRAINT idempotency_pkey PRIMARY KEY (account, key)
);
CREATE INDEX idempotency_task_id ON idempotency (task_id);
CREATE INDEX idempotency_created_at ON idempotency (created_at);
