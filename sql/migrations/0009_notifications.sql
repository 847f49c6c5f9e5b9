-- Notifications: where owners are told of what becomes of their tasks, and by which channels.

-- A place where an owner is told, and of what. The address of an e-mail or a phone is unverified until its owner has said
-- the code that was sent there; a place that does not answer for days, or says that it wants no more, is disabled.
-- The secret of a webhook is derived from the service's own by id and number, so it is not here.
CREATE TABLE target (
  id            uuid        NOT NULL DEFAULT gen_random_uuid() CONSTRAINT target_pkey PRIMARY KEY,
  owner         text        NOT NULL,
  channel       text        NOT NULL
                CONSTRAINT target_channel CHECK (channel IN ('webhook', 'email', 'push', 'sms', 'topic')),
  address       text        NOT NULL CONSTRAINT target_address_length CHECK (length(address) BETWEEN 1 AND 2048),
  keys          jsonb,                                                        -- of a push: {"p256dh", "auth"}
  events        text[]      NOT NULL
                CONSTRAINT target_events_known CHECK (events <@ ARRAY['task.done', 'task.failed', 'link.expiring']),
  status        text        NOT NULL
                CONSTRAINT target_status CHECK (status IN ('unverified', 'active', 'disabled')),
  reason        text                                                          -- why it is disabled
                CONSTRAINT target_reason CHECK (reason IN ('gone', 'failing')),
  secret_number integer     NOT NULL DEFAULT 1,
  rotated_at    timestamptz,                                                  -- the number before signs for a while, too
  code_sha256   bytea,                                                        -- of the last code and the target's id
  code_until    timestamptz,
  code_tries    smallint    NOT NULL DEFAULT 0,
  failing_since timestamptz,                                                  -- nothing has arrived since
  created_at    timestamptz NOT NULL DEFAULT clock_timestamp(),               -- those made at once have an order
  verified_at   timestamptz,
  disabled_at   timestamptz,
  CONSTRAINT target_once UNIQUE (owner, channel, address),
  CONSTRAINT target_keys_of_push CHECK ((channel = 'push') = (keys IS NOT NULL)),
  CONSTRAINT target_disabled CHECK ((status = 'disabled') = (reason IS NOT NULL)
                                    AND (status = 'disabled') = (disabled_at IS NOT NULL))
);

-- Codes that were sent within the last day, so that nobody is flooded with them (see issue_code). An address that was
-- removed and comes back is the same.
CREATE TABLE code_request (
  owner   text        NOT NULL,
  address digest      NOT NULL,                                               -- of channel and address
  at      timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX code_request_owner ON code_request (owner, at);
CREATE INDEX code_request_at ON code_request (at);

-- A delivery may be of an owner and of no task: a code, or the notice that a target was disabled. One for a target is not
-- sent any more once that is gone. `target_id` then leads nowhere: it is no foreign key, so that ends of tasks need not lock
-- the targets that they tell, and what was told to one that is removed is not written anew.
-- 'sending': it may have been sent, and where that must not be done twice it is not sent again; if nobody learns what
-- became of it, it ends as 'unknown'.
ALTER TABLE delivery
  ALTER COLUMN task_id DROP NOT NULL,
  ADD COLUMN owner     text,
  ADD COLUMN target_id uuid,                                                  -- NULL: the request named the address itself
  ADD COLUMN details   jsonb,                                                 -- {"code"}, or {"channel", "address", "reason"}
  ADD COLUMN reason    text,                                                  -- why it ended without being sent
  ADD COLUMN queued_at timestamptz NOT NULL DEFAULT now(),                    -- when it was put into the queue, the last time
  DROP CONSTRAINT delivery_channel,
  ADD CONSTRAINT delivery_channel CHECK (channel IN ('webhook', 'email', 'push', 'sms', 'topic')),
  DROP CONSTRAINT delivery_status,
  ADD CONSTRAINT delivery_status CHECK (status IN ('pending', 'sending', 'delivered', 'failed', 'unknown')),
  ADD CONSTRAINT delivery_event CHECK (event IN ('task.done', 'task.failed', 'link.expiring', 'target.verify', 'target.disabled')),
  ADD CONSTRAINT delivery_of_task_or_owner CHECK (task_id IS NOT NULL OR owner IS NOT NULL),
  ADD CONSTRAINT delivery_queue_while_open CHECK ((queue_id IS NOT NULL) = (status IN ('pending', 'sending')));
UPDATE delivery d SET owner = t.owner FROM task t WHERE t.id = d.task_id AND t.owner IS NOT NULL;
CREATE INDEX delivery_owner ON delivery (owner, created_at DESC, id DESC) WHERE owner IS NOT NULL;
CREATE INDEX delivery_undelivered ON delivery (owner, created_at DESC, id DESC)
  WHERE owner IS NOT NULL AND status <> 'delivered';
CREATE INDEX delivery_waiting ON delivery (target_id) WHERE target_id IS NOT NULL AND queue_id IS NOT NULL;
CREATE INDEX delivery_finished_at ON delivery (finished_at) WHERE finished_at IS NOT NULL;

ALTER TABLE attempt
  DROP CONSTRAINT attempt_outcome,
  ADD CONSTRAINT attempt_outcome CHECK (outcome IN ('delivered', 'retry', 'gone', 'refused', 'unknown'));

-- Whose links end soon, so that they are told once.
ALTER TABLE task ADD COLUMN expiring_told_at timestamptz;
CREATE INDEX task_expiring ON task (owner, expires_at)
  WHERE owner IS NOT NULL AND expires_at IS NOT NULL AND expiring_told_at IS NULL;
CREATE INDEX target_told_of_expiring ON target (owner) WHERE status = 'active' AND 'link.expiring' = ANY (events);
