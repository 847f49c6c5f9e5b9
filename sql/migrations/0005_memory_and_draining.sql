-- What a claim asks a task's row beside its age: how much memory it takes. And what an operator asks of a worker.

-- MiB that the task takes while it is filtered, as the engine has estimated it; deliveries keep the default and are not
-- asked.
ALTER TABLE queue ADD COLUMN memory integer NOT NULL DEFAULT 64
  CONSTRAINT queue_memory_positive CHECK (memory > 0);

-- The same, and the lane that its cost has put it into: kept with the task, because its hot row goes when it ends and
-- it may be put back (see requeue).
ALTER TABLE task
  ADD COLUMN lane   smallint NOT NULL DEFAULT 1,
  ADD COLUMN memory integer  NOT NULL DEFAULT 64 CONSTRAINT task_memory_positive CHECK (memory > 0);

-- A worker that is to finish what it has, claim no more, and end.
ALTER TABLE worker ADD COLUMN draining boolean NOT NULL DEFAULT false;
