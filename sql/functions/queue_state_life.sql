-- How long a published state of the queue is believed. Workers publish about once a second: without one of them, whoever
-- asks has to count.
CREATE FUNCTION queue_state_life() RETURNS interval
LANGUAGE sql IMMUTABLE AS $$ SELECT interval '5 seconds' $$;
