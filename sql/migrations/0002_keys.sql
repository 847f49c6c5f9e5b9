-- Keys, and what is used of what they allow.

-- Who may ask. Of the key itself only the hash is here: it has 256 random bits, so nothing slower is needed.
-- A limit that is NULL is none. The largest is a number that every program on the way still counts exactly.
CREATE TABLE api_key (
  id             uuid        NOT NULL DEFAULT gen_random_uuid() CONSTRAINT api_key_pkey PRIMARY KEY,
  owner          text        NOT NULL                                         -- no ':', which accounts of addresses have
                 CONSTRAINT api_key_owner CHECK (owner ~ '^[A-Za-z0-9][A-Za-z0-9._@+-]{0,99}$'),
  name           text        NOT NULL CONSTRAINT api_key_name_length CHECK (length(name) <= 200),
  sha256         bytea       NOT NULL CONSTRAINT api_key_sha256_unique UNIQUE
                 CONSTRAINT api_key_sha256_length CHECK (length(sha256) = 32),
  scopes         text[]      NOT NULL,
  max_requests   bigint      CONSTRAINT api_key_max_requests   CHECK (max_requests   BETWEEN 1 AND 10000000000000),  -- a day
  max_bytes      bigint      CONSTRAINT api_key_max_bytes      CHECK (max_bytes      BETWEEN 1 AND 10000000000000),  -- a day
  max_megapixels bigint      CONSTRAINT api_key_max_megapixels CHECK (max_megapixels BETWEEN 1 AND 10000000000000),  -- a day
  max_open_tasks bigint      CONSTRAINT api_key_max_open_tasks CHECK (max_open_tasks BETWEEN 1 AND 10000000000000),
  created_at     timestamptz NOT NULL DEFAULT now(),
  revoked_at     timestamptz
);
CREATE INDEX api_key_of_owner ON api_key (owner, created_at);

-- What an account has used on a day of UTC: one narrow row, changed by each upload in the transaction that takes it.
-- That also makes the uploads of one account wait for each other, so none slips past a limit.
CREATE TABLE usage (
  account    text    NOT NULL,                                                -- see account_of()
  day        date    NOT NULL,
  requests   bigint  NOT NULL,
  bytes      bigint  NOT NULL,
  megapixels numeric NOT NULL,
  CONSTRAINT usage_pkey PRIMARY KEY (account, day)
) WITH (fillfactor = 50);
CREATE INDEX usage_day ON usage (day);

-- Whom a task counts for while it is open. Taken away at its end, with the address that may be in it.
ALTER TABLE task ADD COLUMN account text;
CREATE INDEX task_open ON task (account) WHERE account IS NOT NULL;
