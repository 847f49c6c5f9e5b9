-- The schema as `imgfilter migrate` leaves it, written by `make schema` and compared by the tests: tables, constraints,
-- indexes, what the functions take and answer, and who may call them. What a column means stands in sql/migrations, what
-- a function does in sql/functions.

CREATE SCHEMA imgfilter;

CREATE DOMAIN imgfilter.digest AS bytea
	CONSTRAINT digest_length CHECK ((length(VALUE) = 32));

CREATE DOMAIN imgfilter.positive AS integer
	CONSTRAINT positive_integer CHECK ((VALUE > 0));

CREATE DOMAIN imgfilter.positive_big AS bigint
	CONSTRAINT positive_bigint CHECK ((VALUE > 0));

CREATE DOMAIN imgfilter.positive_tiny AS smallint
	CONSTRAINT positive_smallint CHECK ((VALUE > 0));

CREATE DOMAIN imgfilter.priority AS smallint
	CONSTRAINT priority_range CHECK (((VALUE >= 0) AND (VALUE <= 3)));

CREATE DOMAIN imgfilter.task_state AS text
	CONSTRAINT task_state_known CHECK ((VALUE = ANY (ARRAY['queued'::text, 'processing'::text, 'done'::text, 'failed'::text, 'canceled'::text, 'expired'::text])));

CREATE FUNCTION imgfilter.account_of(p_request jsonb) RETURNS text
    LANGUAGE plpgsql STABLE;

CREATE FUNCTION imgfilter.add_target(p_owner text, p_target jsonb, p_limits jsonb) RETURNS jsonb
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'imgfilter', 'pg_temp';

CREATE FUNCTION imgfilter.after_utc(p_at timestamp with time zone, p_life interval) RETURNS timestamp with time zone
    LANGUAGE sql IMMUTABLE PARALLEL SAFE;

CREATE FUNCTION imgfilter.announce(p_lane text) RETURNS void
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'imgfilter', 'pg_temp';

CREATE FUNCTION imgfilter.arrival_cost(p_limit integer) RETURNS double precision
    LANGUAGE plpgsql STABLE
    SET plan_cache_mode TO 'force_generic_plan'
    SET enable_seqscan TO 'off'
    SET enable_bitmapscan TO 'off';

CREATE FUNCTION imgfilter.beat(p_worker integer, p_queue bigint[], p_leases bigint[], p_lease interval) RETURNS bigint[]
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'imgfilter', 'pg_temp';

CREATE FUNCTION imgfilter.begin_delivery(p_worker integer, p_queue bigint, p_lease bigint) RETURNS boolean
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'imgfilter', 'pg_temp';

CREATE FUNCTION imgfilter.cancel(p_task uuid) RETURNS text
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'imgfilter', 'pg_temp';

CREATE FUNCTION imgfilter.changed_tasks(p_tasks uuid[], p_seen integer[], p_most integer) RETURNS jsonb
    LANGUAGE plpgsql STABLE SECURITY DEFINER
    SET search_path TO 'imgfilter', 'pg_temp'
    SET plan_cache_mode TO 'force_generic_plan'
    SET enable_seqscan TO 'off'
    SET enable_hashjoin TO 'off'
    SET enable_mergejoin TO 'off';

CREATE FUNCTION imgfilter.charge(p_account text, p_request jsonb) RETURNS void
    LANGUAGE plpgsql;

CREATE FUNCTION imgfilter.check_addresses(p_owner text, p_spec jsonb) RETURNS void
    LANGUAGE plpgsql STABLE;

CREATE FUNCTION imgfilter.check_quota(p_request jsonb) RETURNS void
    LANGUAGE plpgsql STABLE;

CREATE FUNCTION imgfilter.check_room(p_owner text, p_limits jsonb) RETURNS void
    LANGUAGE plpgsql STABLE;

CREATE FUNCTION imgfilter.claim(p_worker integer, p_lane text, p_limit integer, p_free integer, p_budget integer, p_lease interval, p_floors timestamp with time zone[], p_life interval) RETURNS TABLE(queue_id bigint, lease bigint, lane text, prio smallint, run_at timestamp with time zone, attempts smallint, memory integer, task uuid, object_key text, filename text, bytes bigint, spec jsonb, month text, trace jsonb, created_at timestamp with time zone, first_claim boolean)
    LANGUAGE plpgsql SECURITY DEFINER ROWS 10
    SET search_path TO 'imgfilter', 'pg_temp'
    SET plan_cache_mode TO 'force_generic_plan'
    SET enable_seqscan TO 'off';

CREATE FUNCTION imgfilter.claim_deliveries(p_worker integer, p_channel text, p_limit integer, p_lease interval) RETURNS TABLE(queue_id bigint, lease bigint, attempts smallint, delivery uuid, event text, event_at text, target text, body bytea, task jsonb, channel text, target_id uuid, keys jsonb, owner text, details jsonb, secret_numbers integer[], begun boolean, trace jsonb)
    LANGUAGE plpgsql SECURITY DEFINER ROWS 10
    SET search_path TO 'imgfilter', 'pg_temp'
    SET enable_seqscan TO 'off';

CREATE FUNCTION imgfilter.claim_idempotency(p_request jsonb) RETURNS void
    LANGUAGE plpgsql;

CREATE FUNCTION imgfilter.cleanup_preview(p_original_life interval, p_row_life interval, p_delivery_life interval DEFAULT '30 days'::interval) RETURNS jsonb
    LANGUAGE sql STABLE SECURITY DEFINER
    SET search_path TO 'imgfilter', 'pg_temp';

CREATE FUNCTION imgfilter.clock() RETURNS timestamp with time zone
    LANGUAGE sql STABLE PARALLEL SAFE;

CREATE FUNCTION imgfilter.code_digest(p_target uuid, p_code text) RETURNS bytea
    LANGUAGE sql IMMUTABLE PARALLEL SAFE;

CREATE FUNCTION imgfilter.complete(p_worker integer, p_queue bigint, p_lease bigint, p_results jsonb, p_life interval) RETURNS boolean
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'imgfilter', 'pg_temp';

CREATE FUNCTION imgfilter.complete_many(p_workers integer[], p_queues bigint[], p_leases bigint[], p_results jsonb[], p_life interval) RETURNS bigint[]
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'imgfilter', 'pg_temp'
    SET plan_cache_mode TO 'force_generic_plan'
    SET enable_seqscan TO 'off'
    SET enable_hashjoin TO 'off'
    SET enable_mergejoin TO 'off';

CREATE FUNCTION imgfilter.count_service(p_limit bigint) RETURNS jsonb
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'imgfilter', 'pg_temp'
    SET enable_seqscan TO 'off'
    SET jit TO 'off';

CREATE FUNCTION imgfilter.create_key(p_owner text, p_name text, p_sha256 bytea, p_scopes text[], p_quota jsonb, p_life interval DEFAULT NULL::interval, p_longest interval DEFAULT NULL::interval) RETURNS jsonb
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'imgfilter', 'pg_temp';

CREATE FUNCTION imgfilter.defer_delivery(p_worker integer, p_queue bigint, p_lease bigint, p_pause interval, p_away boolean DEFAULT false) RETURNS boolean
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'imgfilter', 'pg_temp';

CREATE FUNCTION imgfilter.deliveries_of(p_owner text, p_filter jsonb) RETURNS jsonb
    LANGUAGE plpgsql STABLE SECURITY DEFINER
    SET search_path TO 'imgfilter', 'pg_temp'
    SET plan_cache_mode TO 'force_custom_plan';

CREATE FUNCTION imgfilter.delivery_attempts() RETURNS smallint
    LANGUAGE sql IMMUTABLE PARALLEL SAFE;

CREATE FUNCTION imgfilter.delivery_end(p_delivery uuid, p_lease bigint) RETURNS text
    LANGUAGE plpgsql STABLE SECURITY DEFINER
    SET search_path TO 'imgfilter', 'pg_temp';

CREATE TABLE imgfilter.delivery (
    id uuid DEFAULT gen_random_uuid() NOT NULL,
    task_id uuid,
    channel text NOT NULL,
    event text NOT NULL,
    target text NOT NULL,
    status text DEFAULT 'pending'::text NOT NULL,
    body bytea,
    queue_id bigint,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    finished_at timestamp with time zone,
    owner text,
    target_id uuid,
    details jsonb,
    reason text,
    queued_at timestamp with time zone DEFAULT now() NOT NULL,
    CONSTRAINT delivery_channel CHECK ((channel = ANY (ARRAY['webhook'::text, 'email'::text, 'push'::text, 'sms'::text, 'topic'::text]))),
    CONSTRAINT delivery_event CHECK ((event = ANY (ARRAY['task.done'::text, 'task.failed'::text, 'link.expiring'::text, 'target.verify'::text, 'target.disabled'::text]))),
    CONSTRAINT delivery_of_task_or_owner CHECK (((task_id IS NOT NULL) OR (owner IS NOT NULL))),
    CONSTRAINT delivery_queue_while_open CHECK (((queue_id IS NOT NULL) = (status = ANY (ARRAY['pending'::text, 'sending'::text])))),
    CONSTRAINT delivery_status CHECK ((status = ANY (ARRAY['pending'::text, 'sending'::text, 'delivered'::text, 'failed'::text, 'unknown'::text])))
);

CREATE TABLE imgfilter.queue (
    id bigint NOT NULL,
    ref uuid NOT NULL,
    run_at timestamp with time zone DEFAULT now() NOT NULL,
    lease_until timestamp with time zone,
    lease bigint DEFAULT 0 NOT NULL,
    worker_id integer,
    lane smallint NOT NULL,
    prio imgfilter.priority DEFAULT 1 NOT NULL,
    attempts smallint DEFAULT 0 NOT NULL,
    max_attempts imgfilter.positive_tiny NOT NULL,
    memory imgfilter.positive DEFAULT 64 NOT NULL
)
WITH (fillfactor='70', autovacuum_vacuum_scale_factor='0', autovacuum_vacuum_threshold='2000', autovacuum_vacuum_insert_scale_factor='0', autovacuum_vacuum_insert_threshold='100000', autovacuum_analyze_scale_factor='0', autovacuum_analyze_threshold='20000', autovacuum_vacuum_cost_delay='0');

CREATE FUNCTION imgfilter.delivery_line(p_delivery imgfilter.delivery, p_row imgfilter.queue) RETURNS jsonb
    LANGUAGE plpgsql STABLE;

CREATE TABLE imgfilter.target (
    id uuid DEFAULT gen_random_uuid() NOT NULL,
    owner text NOT NULL,
    channel text NOT NULL,
    address text NOT NULL,
    keys jsonb,
    events text[] NOT NULL,
    status text NOT NULL,
    reason text,
    secret_number integer DEFAULT 1 NOT NULL,
    rotated_at timestamp with time zone,
    code_sha256 bytea,
    code_until timestamp with time zone,
    code_tries smallint DEFAULT 0 NOT NULL,
    failing_since timestamp with time zone,
    created_at timestamp with time zone DEFAULT clock_timestamp() NOT NULL,
    verified_at timestamp with time zone,
    disabled_at timestamp with time zone,
    CONSTRAINT target_address_length CHECK (((length(address) >= 1) AND (length(address) <= 2048))),
    CONSTRAINT target_channel CHECK ((channel = ANY (ARRAY['webhook'::text, 'email'::text, 'push'::text, 'sms'::text, 'topic'::text]))),
    CONSTRAINT target_disabled CHECK ((((status = 'disabled'::text) = (reason IS NOT NULL)) AND ((status = 'disabled'::text) = (disabled_at IS NOT NULL)))),
    CONSTRAINT target_events_known CHECK ((events <@ ARRAY['task.done'::text, 'task.failed'::text, 'link.expiring'::text])),
    CONSTRAINT target_keys_of_push CHECK (((channel = 'push'::text) = (keys IS NOT NULL))),
    CONSTRAINT target_reason CHECK ((reason = ANY (ARRAY['gone'::text, 'failing'::text]))),
    CONSTRAINT target_status CHECK ((status = ANY (ARRAY['unverified'::text, 'active'::text, 'disabled'::text])))
);

CREATE FUNCTION imgfilter.delivery_refusal(p_delivery imgfilter.delivery, p_target imgfilter.target) RETURNS text
    LANGUAGE plpgsql STABLE;

CREATE FUNCTION imgfilter.disable_target(p_target imgfilter.target, p_reason text) RETURNS void
    LANGUAGE plpgsql;

CREATE FUNCTION imgfilter.drain(p_worker integer) RETURNS boolean
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'imgfilter', 'pg_temp';

CREATE FUNCTION imgfilter.drop_target(p_target uuid) RETURNS void
    LANGUAGE plpgsql;

CREATE FUNCTION imgfilter.edge_ready() RETURNS boolean
    LANGUAGE sql STABLE SECURITY DEFINER
    SET search_path TO 'imgfilter', 'pg_temp';

CREATE FUNCTION imgfilter.enable_target(p_owner text, p_target uuid) RETURNS jsonb
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'imgfilter', 'pg_temp';

CREATE FUNCTION imgfilter.end_delivery(p_delivery uuid, p_status text, p_reason text) RETURNS text
    LANGUAGE plpgsql;

CREATE FUNCTION imgfilter.end_unclaimed(p_life interval, p_limit integer) RETURNS bigint
    LANGUAGE plpgsql
    SET enable_seqscan TO 'off';

CREATE FUNCTION imgfilter.end_waiting(p_target uuid, p_reason text) RETURNS void
    LANGUAGE plpgsql
    SET enable_seqscan TO 'off';

CREATE TABLE imgfilter.usage (
    account text NOT NULL,
    day date NOT NULL,
    requests bigint NOT NULL,
    bytes bigint NOT NULL,
    megapixels numeric NOT NULL
)
WITH (fillfactor='50');

CREATE FUNCTION imgfilter.enforce_quota(p_quota jsonb, p_used imgfilter.usage, p_open bigint) RETURNS void
    LANGUAGE plpgsql IMMUTABLE;

CREATE FUNCTION imgfilter.enqueue_delivery(p_task uuid, p_channel text, p_event text, p_address text, p_owner text DEFAULT NULL::text, p_target uuid DEFAULT NULL::uuid, p_details jsonb DEFAULT NULL::jsonb) RETURNS void
    LANGUAGE plpgsql;

CREATE FUNCTION imgfilter.erase(p_task uuid) RETURNS jsonb
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'imgfilter', 'pg_temp';

CREATE FUNCTION imgfilter.erase_images(p_owner text) RETURNS bigint
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'imgfilter', 'pg_temp';

CREATE FUNCTION imgfilter.erase_notifications(p_owner text) RETURNS bigint
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'imgfilter', 'pg_temp';

CREATE FUNCTION imgfilter.erase_objects(p_objects text[]) RETURNS void
    LANGUAGE plpgsql;

CREATE FUNCTION imgfilter.erase_task(p_task uuid, p_owner text) RETURNS jsonb
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'imgfilter', 'pg_temp';

CREATE FUNCTION imgfilter.erased_left(p_from timestamp with time zone, p_to timestamp with time zone) RETURNS bigint
    LANGUAGE sql STABLE SECURITY DEFINER
    SET search_path TO 'imgfilter', 'pg_temp';

CREATE FUNCTION imgfilter.erased_objects(p_limit integer, p_lease interval) RETURNS SETOF text
    LANGUAGE sql SECURITY DEFINER
    SET search_path TO 'imgfilter', 'pg_temp';

CREATE FUNCTION imgfilter.erasure_preview(p_tasks uuid[], p_owner text) RETURNS jsonb
    LANGUAGE sql STABLE SECURITY DEFINER
    SET search_path TO 'imgfilter', 'pg_temp';

CREATE FUNCTION imgfilter.expected_objects(p_kind text, p_after uuid, p_most integer) RETURNS TABLE(id uuid, object_key text, bytes bigint)
    LANGUAGE plpgsql STABLE SECURITY DEFINER
    SET search_path TO 'imgfilter', 'pg_temp'
    SET enable_seqscan TO 'off';

CREATE FUNCTION imgfilter.expired_links(p_limit integer, p_lease interval) RETURNS TABLE(link uuid, object_key text)
    LANGUAGE sql SECURITY DEFINER
    SET search_path TO 'imgfilter', 'pg_temp';

CREATE FUNCTION imgfilter.extend_link(p_link uuid, p_by interval, p_longest interval) RETURNS text
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'imgfilter', 'pg_temp';

CREATE FUNCTION imgfilter.fail(p_worker integer, p_queue bigint, p_lease bigint, p_code text, p_detail text, p_permanent boolean, p_base interval, p_cap interval) RETURNS text
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'imgfilter', 'pg_temp';

CREATE FUNCTION imgfilter.fail_task(p_task uuid, p_code text, p_detail text) RETURNS void
    LANGUAGE sql;

CREATE FUNCTION imgfilter.finish_delivery(p_worker integer, p_queue bigint, p_lease bigint, p_outcome text, p_status integer, p_ms integer, p_detail text, p_reply bytea, p_pause interval) RETURNS text
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'imgfilter', 'pg_temp'
    SET enable_seqscan TO 'off';

CREATE FUNCTION imgfilter.finish_tasks(p_tasks uuid[], p_ends timestamp with time zone[], p_errors jsonb[]) RETURNS void
    LANGUAGE plpgsql
    SET plan_cache_mode TO 'force_generic_plan'
    SET enable_seqscan TO 'off'
    SET enable_hashjoin TO 'off'
    SET enable_mergejoin TO 'off';

CREATE FUNCTION imgfilter.first_task(p_request jsonb) RETURNS jsonb
    LANGUAGE plpgsql STABLE;

CREATE FUNCTION imgfilter.foresee(p_request jsonb) RETURNS jsonb
    LANGUAGE plpgsql STABLE SECURITY DEFINER
    SET search_path TO 'imgfilter', 'pg_temp';

CREATE FUNCTION imgfilter.give_up(p_row imgfilter.queue, p_code text, p_detail text) RETURNS void
    LANGUAGE plpgsql;

CREATE FUNCTION imgfilter.has_failed_for_long(p_target imgfilter.target) RETURNS boolean
    LANGUAGE plpgsql STABLE;

CREATE FUNCTION imgfilter.held(p_worker integer, p_queue bigint, p_lease bigint) RETURNS SETOF imgfilter.queue
    LANGUAGE plpgsql ROWS 1;

CREATE FUNCTION imgfilter.idempotency_account(p_request jsonb) RETURNS text
    LANGUAGE sql STABLE;

CREATE FUNCTION imgfilter.idempotency_life() RETURNS interval
    LANGUAGE sql IMMUTABLE PARALLEL SAFE;

CREATE FUNCTION imgfilter.image_view(p_image uuid, p_owner text) RETURNS jsonb
    LANGUAGE sql STABLE SECURITY DEFINER
    SET search_path TO 'imgfilter', 'pg_temp';

CREATE FUNCTION imgfilter.is_draining(p_worker integer) RETURNS boolean
    LANGUAGE plpgsql STABLE SECURITY DEFINER
    SET search_path TO 'imgfilter', 'pg_temp';

CREATE FUNCTION imgfilter.is_expected(p_kind text, p_id uuid) RETURNS boolean
    LANGUAGE plpgsql STABLE SECURITY DEFINER
    SET search_path TO 'imgfilter', 'pg_temp';

CREATE FUNCTION imgfilter.is_news(p_target imgfilter.target, p_outcome text, p_status integer) RETURNS boolean
    LANGUAGE plpgsql STABLE;

CREATE FUNCTION imgfilter.is_of_deliveries(p_lane smallint) RETURNS boolean
    LANGUAGE sql IMMUTABLE PARALLEL SAFE;

CREATE TABLE imgfilter.task (
    id uuid NOT NULL,
    image_id uuid NOT NULL,
    owner text,
    status imgfilter.task_state DEFAULT 'queued'::text NOT NULL,
    version integer DEFAULT 1 NOT NULL,
    spec jsonb NOT NULL,
    cost_ms real NOT NULL,
    queue_id bigint,
    errors jsonb,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    started_at timestamp with time zone,
    finished_at timestamp with time zone,
    expires_at timestamp with time zone,
    account text,
    lane smallint DEFAULT 1 NOT NULL,
    memory imgfilter.positive DEFAULT 64 NOT NULL,
    expiring_told_at timestamp with time zone,
    trace jsonb,
    CONSTRAINT task_queue_while_open CHECK (((queue_id IS NOT NULL) = ((status)::text >= ('processing'::text COLLATE "C"))))
)
WITH (fillfactor='80');

CREATE FUNCTION imgfilter.is_over(p_task imgfilter.task) RETURNS boolean
    LANGUAGE sql STABLE;

CREATE FUNCTION imgfilter.issue_code(p_target imgfilter.target) RETURNS void
    LANGUAGE plpgsql;

CREATE FUNCTION imgfilter.keep_original(p_image uuid) RETURNS boolean
    LANGUAGE plpgsql;

CREATE TABLE imgfilter.image (
    id uuid NOT NULL,
    owner text,
    sha256 imgfilter.digest NOT NULL,
    format text NOT NULL,
    width imgfilter.positive NOT NULL,
    height imgfilter.positive NOT NULL,
    frames imgfilter.positive NOT NULL,
    bytes imgfilter.positive_big NOT NULL,
    object_key text NOT NULL,
    filename text,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    deleting_until timestamp with time zone,
    removed_at timestamp with time zone
);

CREATE FUNCTION imgfilter.kept_image(p_image uuid, p_owner text) RETURNS SETOF imgfilter.image
    LANGUAGE sql STABLE;

CREATE FUNCTION imgfilter.key_by_hash(p_sha256 text) RETURNS jsonb
    LANGUAGE sql STABLE SECURITY DEFINER
    SET search_path TO 'imgfilter', 'pg_temp';

CREATE FUNCTION imgfilter.key_needed_until(p_number integer) RETURNS timestamp with time zone
    LANGUAGE sql STABLE SECURITY DEFINER
    SET search_path TO 'imgfilter', 'pg_temp';

CREATE TABLE imgfilter.api_key (
    id uuid DEFAULT gen_random_uuid() NOT NULL,
    owner text NOT NULL,
    name text NOT NULL,
    sha256 bytea NOT NULL,
    scopes text[] NOT NULL,
    max_requests bigint,
    max_bytes bigint,
    max_megapixels bigint,
    max_open_tasks bigint,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    revoked_at timestamp with time zone,
    link_life interval,
    CONSTRAINT api_key_link_life_positive CHECK ((link_life > '00:00:00'::interval)),
    CONSTRAINT api_key_max_bytes CHECK (((max_bytes >= 1) AND (max_bytes <= '10000000000000'::bigint))),
    CONSTRAINT api_key_max_megapixels CHECK (((max_megapixels >= 1) AND (max_megapixels <= '10000000000000'::bigint))),
    CONSTRAINT api_key_max_open_tasks CHECK (((max_open_tasks >= 1) AND (max_open_tasks <= '10000000000000'::bigint))),
    CONSTRAINT api_key_max_requests CHECK (((max_requests >= 1) AND (max_requests <= '10000000000000'::bigint))),
    CONSTRAINT api_key_name_length CHECK ((length(name) <= 200)),
    CONSTRAINT api_key_owner CHECK ((owner ~ '^[A-Za-z0-9][A-Za-z0-9._@+-]{0,99}$'::text)),
    CONSTRAINT api_key_sha256_length CHECK ((length(sha256) = 32))
);

CREATE FUNCTION imgfilter.key_view(p_key imgfilter.api_key) RETURNS jsonb
    LANGUAGE sql STABLE
    SET "IntervalStyle" TO 'iso_8601';

CREATE FUNCTION imgfilter.lane_load(p_lane text, p_limit bigint, OUT ready bigint, OUT delayed bigint, OUT oldest timestamp with time zone, OUT cost_ms double precision) RETURNS record
    LANGUAGE plpgsql STABLE
    SET plan_cache_mode TO 'force_generic_plan'
    SET enable_seqscan TO 'off'
    SET enable_bitmapscan TO 'off'
    SET enable_hashjoin TO 'off'
    SET enable_mergejoin TO 'off';

CREATE FUNCTION imgfilter.lane_name(p_lane smallint) RETURNS text
    LANGUAGE plpgsql IMMUTABLE;

CREATE FUNCTION imgfilter.lane_names() RETURNS text[]
    LANGUAGE sql IMMUTABLE PARALLEL SAFE;

CREATE FUNCTION imgfilter.lane_number(p_lane text) RETURNS smallint
    LANGUAGE plpgsql IMMUTABLE;

CREATE FUNCTION imgfilter.lease_end(p_task uuid) RETURNS text
    LANGUAGE plpgsql STABLE SECURITY DEFINER
    SET search_path TO 'imgfilter', 'pg_temp';

CREATE FUNCTION imgfilter.leased_rows() RETURNS bigint
    LANGUAGE sql STABLE SECURITY DEFINER
    SET search_path TO 'imgfilter', 'pg_temp';

CREATE FUNCTION imgfilter.link_end(p_spec jsonb, p_life interval) RETURNS timestamp with time zone
    LANGUAGE sql STABLE;

CREATE TABLE imgfilter.link (
    id uuid DEFAULT gen_random_uuid() NOT NULL,
    task_id uuid NOT NULL,
    n smallint NOT NULL,
    object_key text NOT NULL,
    format text NOT NULL,
    width integer NOT NULL,
    height integer NOT NULL,
    bytes bigint NOT NULL,
    sha256 imgfilter.digest NOT NULL,
    filename text NOT NULL,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    expires_at timestamp with time zone NOT NULL,
    revoked_at timestamp with time zone,
    deleting_until timestamp with time zone
);

CREATE FUNCTION imgfilter.link_line(p_link imgfilter.link, p_task imgfilter.task) RETURNS jsonb
    LANGUAGE sql STABLE;

CREATE FUNCTION imgfilter.link_view(p_link uuid) RETURNS jsonb
    LANGUAGE plpgsql STABLE SECURITY DEFINER
    SET search_path TO 'imgfilter', 'pg_temp';

CREATE FUNCTION imgfilter.links_alive(p_exact bigint) RETURNS bigint
    LANGUAGE plpgsql;

CREATE FUNCTION imgfilter.list_dead(p_ids bigint[], p_code text, p_limit integer) RETURNS SETOF jsonb
    LANGUAGE plpgsql STABLE SECURITY DEFINER
    SET search_path TO 'imgfilter', 'pg_temp';

CREATE FUNCTION imgfilter.list_deliveries(p_owner text, p_status text, p_channel text, p_task uuid, p_limit integer) RETURNS SETOF jsonb
    LANGUAGE plpgsql STABLE SECURITY DEFINER
    SET search_path TO 'imgfilter', 'pg_temp'
    SET plan_cache_mode TO 'force_custom_plan';

CREATE FUNCTION imgfilter.list_ended_tasks(p_lane text, p_status text, p_owner text, p_since interval, p_limit integer) RETURNS SETOF jsonb
    LANGUAGE plpgsql STABLE SECURITY DEFINER
    SET search_path TO 'imgfilter', 'pg_temp'
    SET plan_cache_mode TO 'force_custom_plan';

CREATE FUNCTION imgfilter.list_keys(p_owner text) RETURNS SETOF jsonb
    LANGUAGE sql STABLE SECURITY DEFINER
    SET search_path TO 'imgfilter', 'pg_temp';

CREATE FUNCTION imgfilter.list_links(p_links uuid[], p_owner text, p_task uuid, p_limit integer) RETURNS SETOF jsonb
    LANGUAGE plpgsql STABLE SECURITY DEFINER
    SET search_path TO 'imgfilter', 'pg_temp'
    SET plan_cache_mode TO 'force_custom_plan';

CREATE FUNCTION imgfilter.list_open_tasks(p_lane text, p_state text, p_owner text, p_limit integer) RETURNS SETOF jsonb
    LANGUAGE plpgsql STABLE SECURITY DEFINER
    SET search_path TO 'imgfilter', 'pg_temp'
    SET plan_cache_mode TO 'force_custom_plan';

CREATE FUNCTION imgfilter.list_targets(p_owner text DEFAULT NULL::text, p_limit integer DEFAULT NULL::integer) RETURNS SETOF jsonb
    LANGUAGE plpgsql STABLE SECURITY DEFINER
    SET search_path TO 'imgfilter', 'pg_temp'
    SET plan_cache_mode TO 'force_custom_plan';

CREATE FUNCTION imgfilter.list_tasks(p_tasks uuid[]) RETURNS SETOF jsonb
    LANGUAGE plpgsql STABLE SECURITY DEFINER
    SET search_path TO 'imgfilter', 'pg_temp';

CREATE FUNCTION imgfilter.list_workers() RETURNS SETOF jsonb
    LANGUAGE sql STABLE SECURITY DEFINER
    SET search_path TO 'imgfilter', 'pg_temp';

CREATE FUNCTION imgfilter.lock_targets(p_owner text) RETURNS void
    LANGUAGE plpgsql;

CREATE FUNCTION imgfilter.locked_target(p_owner text, p_target uuid) RETURNS imgfilter.target
    LANGUAGE plpgsql;

CREATE FUNCTION imgfilter.lone_images(p_owner text) RETURNS SETOF imgfilter.image
    LANGUAGE sql STABLE;

CREATE FUNCTION imgfilter.longest_life(p_life interval) RETURNS integer
    LANGUAGE sql STABLE SECURITY DEFINER
    SET search_path TO 'imgfilter', 'pg_temp';

CREATE FUNCTION imgfilter.new_end(p_task uuid) RETURNS void
    LANGUAGE sql;

CREATE FUNCTION imgfilter.note_link_key(p_number integer) RETURNS boolean
    LANGUAGE sql SECURITY DEFINER
    SET search_path TO 'imgfilter', 'pg_temp';

CREATE FUNCTION imgfilter.note_outcome(p_target uuid, p_outcome text) RETURNS void
    LANGUAGE plpgsql;

CREATE FUNCTION imgfilter.notifications_view(p_owner text) RETURNS jsonb
    LANGUAGE plpgsql STABLE SECURITY DEFINER
    SET search_path TO 'imgfilter', 'pg_temp';

CREATE FUNCTION imgfilter.open_tasks(p_account text) RETURNS bigint
    LANGUAGE sql STABLE;

CREATE FUNCTION imgfilter.orphans(p_keys text[]) RETURNS SETOF text
    LANGUAGE sql STABLE SECURITY DEFINER
    SET search_path TO 'imgfilter', 'pg_temp';

CREATE FUNCTION imgfilter.prio_of(p_account text, p_spec jsonb) RETURNS smallint
    LANGUAGE plpgsql STABLE;

CREATE FUNCTION imgfilter.prio_of_account(p_account text) RETURNS smallint
    LANGUAGE plpgsql STABLE
    SET enable_seqscan TO 'off'
    SET enable_bitmapscan TO 'off';

CREATE FUNCTION imgfilter.publish_queue_state(p_every interval, p_limit bigint) RETURNS boolean
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'imgfilter', 'pg_temp';

CREATE FUNCTION imgfilter.publish_service_state(p_every interval, p_limit bigint) RETURNS boolean
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'imgfilter', 'pg_temp';

CREATE FUNCTION imgfilter.purge(p_objects text[]) RETURNS bigint
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'imgfilter', 'pg_temp';

CREATE FUNCTION imgfilter.purged_since(p_place text, p_age integer, p_limit integer) RETURNS jsonb
    LANGUAGE plpgsql STABLE SECURITY DEFINER
    SET search_path TO 'imgfilter', 'pg_temp';

CREATE FUNCTION imgfilter.put_back(p_row imgfilter.queue, p_run_at timestamp with time zone, p_attempts integer) RETURNS void
    LANGUAGE plpgsql;

CREATE FUNCTION imgfilter.put_target(p_owner text, p_target jsonb) RETURNS imgfilter.target
    LANGUAGE plpgsql;

CREATE FUNCTION imgfilter.queue_pressure(p_limit bigint) RETURNS jsonb
    LANGUAGE plpgsql STABLE SECURITY DEFINER
    SET search_path TO 'imgfilter', 'pg_temp';

CREATE FUNCTION imgfilter.queue_state_life() RETURNS interval
    LANGUAGE sql IMMUTABLE;

CREATE FUNCTION imgfilter.queue_status() RETURNS SETOF jsonb
    LANGUAGE sql STABLE SECURITY DEFINER
    SET search_path TO 'imgfilter', 'pg_temp';

CREATE FUNCTION imgfilter.reap(p_dead_after interval, p_limit integer, OUT back bigint, OUT dead bigint) RETURNS record
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'imgfilter', 'pg_temp';

CREATE FUNCTION imgfilter.redrive(p_dead bigint) RETURNS text
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'imgfilter', 'pg_temp';

CREATE FUNCTION imgfilter.release(p_worker integer, p_leases bigint[]) RETURNS bigint
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'imgfilter', 'pg_temp';

CREATE FUNCTION imgfilter.remove_erased_objects(p_objects text[]) RETURNS bigint
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'imgfilter', 'pg_temp';

CREATE FUNCTION imgfilter.remove_links(p_links uuid[]) RETURNS bigint
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'imgfilter', 'pg_temp';

CREATE FUNCTION imgfilter.remove_old_rows(p_life interval, p_limit integer, p_delivery_life interval DEFAULT '30 days'::interval) RETURNS bigint
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'imgfilter', 'pg_temp';

CREATE FUNCTION imgfilter.remove_originals(p_images uuid[]) RETURNS bigint
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'imgfilter', 'pg_temp';

CREATE FUNCTION imgfilter.remove_purged(p_limit integer) RETURNS bigint
    LANGUAGE plpgsql;

CREATE FUNCTION imgfilter.remove_target(p_owner text, p_target uuid) RETURNS jsonb
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'imgfilter', 'pg_temp';

CREATE FUNCTION imgfilter.replay_delivery(p_owner text, p_delivery uuid) RETURNS jsonb
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'imgfilter', 'pg_temp';

CREATE FUNCTION imgfilter.replay_refusal(p_delivery imgfilter.delivery) RETURNS text
    LANGUAGE plpgsql STABLE;

CREATE FUNCTION imgfilter.requeue(p_task uuid) RETURNS text
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'imgfilter', 'pg_temp';

CREATE FUNCTION imgfilter.requeue_refusal(p_task imgfilter.task) RETURNS text
    LANGUAGE plpgsql STABLE;

CREATE FUNCTION imgfilter.result_of(p_task imgfilter.task, p_n integer, p_status text) RETURNS jsonb
    LANGUAGE plpgsql STABLE;

CREATE FUNCTION imgfilter.revoke_key(p_id uuid) RETURNS jsonb
    LANGUAGE sql SECURITY DEFINER
    SET search_path TO 'imgfilter', 'pg_temp';

CREATE FUNCTION imgfilter.revoke_link(p_link uuid) RETURNS text
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'imgfilter', 'pg_temp';

CREATE FUNCTION imgfilter.rotate_secret(p_owner text, p_target uuid) RETURNS jsonb
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'imgfilter', 'pg_temp';

CREATE FUNCTION imgfilter.secret_numbers(p_target imgfilter.target) RETURNS integer[]
    LANGUAGE plpgsql STABLE;

CREATE FUNCTION imgfilter.send_again(p_delivery uuid, p_attempts smallint) RETURNS boolean
    LANGUAGE plpgsql;

CREATE FUNCTION imgfilter.send_code(p_owner text, p_target uuid) RETURNS jsonb
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'imgfilter', 'pg_temp';

CREATE FUNCTION imgfilter.service_state() RETURNS jsonb
    LANGUAGE plpgsql STABLE SECURITY DEFINER
    SET search_path TO 'imgfilter', 'pg_temp';

CREATE FUNCTION imgfilter.set_notifications(p_owner text, p_targets jsonb, p_limits jsonb) RETURNS jsonb
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'imgfilter', 'pg_temp';

CREATE FUNCTION imgfilter.show_task(p_task uuid) RETURNS jsonb
    LANGUAGE sql STABLE SECURITY DEFINER
    SET search_path TO 'imgfilter', 'pg_temp';

CREATE FUNCTION imgfilter.spent_images(p_life interval) RETURNS SETOF imgfilter.image
    LANGUAGE sql STABLE;

CREATE FUNCTION imgfilter.spent_originals(p_life interval, p_limit integer, p_lease interval) RETURNS TABLE(image uuid, object_key text)
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'imgfilter', 'pg_temp';

CREATE FUNCTION imgfilter.spent_usage(p_life interval) RETURNS SETOF imgfilter.usage
    LANGUAGE sql STABLE;

CREATE FUNCTION imgfilter.store_body(p_worker integer, p_queue bigint, p_lease bigint, p_body bytea) RETURNS bytea
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'imgfilter', 'pg_temp';

CREATE FUNCTION imgfilter.submit_task(p_request jsonb) RETURNS jsonb
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'imgfilter', 'pg_temp';

CREATE FUNCTION imgfilter.take(p_worker integer, p_lane text, p_limit integer, p_free integer, p_budget integer, p_lease interval, p_floors timestamp with time zone[]) RETURNS SETOF imgfilter.queue
    LANGUAGE plpgsql ROWS 10
    SET plan_cache_mode TO 'force_generic_plan'
    SET enable_seqscan TO 'off'
    SET enable_bitmapscan TO 'off';

CREATE FUNCTION imgfilter.target_view(p_target imgfilter.target) RETURNS jsonb
    LANGUAGE plpgsql STABLE;

CREATE FUNCTION imgfilter.task_line(p_task imgfilter.task, p_row imgfilter.queue) RETURNS jsonb
    LANGUAGE plpgsql STABLE;

CREATE FUNCTION imgfilter.task_view(p_task uuid) RETURNS jsonb
    LANGUAGE plpgsql STABLE SECURITY DEFINER
    SET search_path TO 'imgfilter', 'pg_temp';

CREATE FUNCTION imgfilter.tasks_of_owner(p_owner text) RETURNS SETOF uuid
    LANGUAGE sql STABLE SECURITY DEFINER
    SET search_path TO 'imgfilter', 'pg_temp';

CREATE FUNCTION imgfilter.tell_expiring(p_before interval, p_limit integer) RETURNS integer
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'imgfilter', 'pg_temp'
    SET enable_seqscan TO 'off';

CREATE FUNCTION imgfilter.tell_tasks(p_tasks uuid[], p_events text[]) RETURNS void
    LANGUAGE plpgsql;

CREATE FUNCTION imgfilter.usage_of(p_account text, p_request jsonb) RETURNS imgfilter.usage
    LANGUAGE sql STABLE;

CREATE FUNCTION imgfilter.use_image(p_image uuid, p_owner text) RETURNS void
    LANGUAGE plpgsql;

CREATE FUNCTION imgfilter.utc(p_at timestamp with time zone) RETURNS text
    LANGUAGE sql STABLE PARALLEL SAFE;

CREATE FUNCTION imgfilter.utc_day() RETURNS date
    LANGUAGE sql STABLE;

CREATE FUNCTION imgfilter.verify_target(p_owner text, p_target uuid, p_code text) RETURNS jsonb
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'imgfilter', 'pg_temp';

CREATE FUNCTION imgfilter.view_of(p_task imgfilter.task) RETURNS jsonb
    LANGUAGE plpgsql STABLE;

CREATE FUNCTION imgfilter.view_of_new(p_request jsonb) RETURNS jsonb
    LANGUAGE plpgsql STABLE;

CREATE FUNCTION imgfilter.view_with(p_task imgfilter.task, p_image imgfilter.image) RETURNS jsonb
    LANGUAGE plpgsql STABLE;

CREATE FUNCTION imgfilter.waiting_in(p_lanes text[], p_limit bigint, OUT waiting bigint, OUT oldest timestamp with time zone) RETURNS record
    LANGUAGE sql STABLE;

CREATE FUNCTION imgfilter.worker_start(p_host text, p_pid integer, p_version text, p_slots integer DEFAULT NULL::integer) RETURNS integer
    LANGUAGE sql SECURITY DEFINER
    SET search_path TO 'imgfilter', 'pg_temp';

CREATE FUNCTION imgfilter.worker_stop(p_worker integer) RETURNS bigint
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'imgfilter', 'pg_temp';

CREATE TABLE imgfilter.attempt (
    delivery_id uuid NOT NULL,
    lease bigint NOT NULL,
    at timestamp with time zone DEFAULT now() NOT NULL,
    ms integer NOT NULL,
    outcome text NOT NULL,
    status smallint,
    detail text NOT NULL,
    reply bytea NOT NULL,
    CONSTRAINT attempt_outcome CHECK ((outcome = ANY (ARRAY['delivered'::text, 'retry'::text, 'gone'::text, 'refused'::text, 'unknown'::text]))),
    CONSTRAINT attempt_reply_length CHECK ((length(reply) <= 2048))
);

CREATE TABLE imgfilter.code_request (
    owner text NOT NULL,
    address imgfilter.digest NOT NULL,
    at timestamp with time zone DEFAULT now() NOT NULL
);

CREATE TABLE imgfilter.dead (
    id bigint NOT NULL,
    ref uuid NOT NULL,
    lane smallint NOT NULL,
    attempts smallint NOT NULL,
    code text NOT NULL,
    detail text NOT NULL,
    died_at timestamp with time zone DEFAULT now() NOT NULL
);

CREATE TABLE imgfilter.erased_object (
    object_key text NOT NULL,
    erased_at timestamp with time zone DEFAULT now() NOT NULL,
    deleting_until timestamp with time zone
);

CREATE TABLE imgfilter.erased_task (
    task_id uuid NOT NULL,
    erased_at timestamp with time zone DEFAULT now() NOT NULL
);

CREATE TABLE imgfilter.idempotency (
    account text NOT NULL,
    key text NOT NULL,
    fingerprint bytea NOT NULL,
    task_id uuid NOT NULL,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    CONSTRAINT idempotency_fingerprint_length CHECK ((length(fingerprint) = 32)),
    CONSTRAINT idempotency_key_length CHECK (((length(key) >= 1) AND (length(key) <= 255)))
);

CREATE SEQUENCE imgfilter.lease_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;

CREATE TABLE imgfilter.link_key (
    number smallint NOT NULL,
    signed_from timestamp with time zone DEFAULT now() NOT NULL,
    signed_until timestamp with time zone DEFAULT now() NOT NULL,
    CONSTRAINT link_key_number_range CHECK (((number >= 0) AND (number <= 255)))
);

CREATE TABLE imgfilter.migration (
    number integer NOT NULL,
    name text NOT NULL,
    checksum text NOT NULL,
    applied_at timestamp with time zone DEFAULT now() NOT NULL
);

CREATE TABLE imgfilter.purge (
    xid xid8 DEFAULT pg_current_xact_id() NOT NULL,
    id bigint NOT NULL,
    object_key text NOT NULL,
    link_id uuid,
    at timestamp with time zone DEFAULT now() NOT NULL
);

ALTER TABLE imgfilter.purge ALTER COLUMN id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME imgfilter.purge_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

ALTER TABLE imgfilter.queue ALTER COLUMN id ADD GENERATED BY DEFAULT AS IDENTITY (
    SEQUENCE NAME imgfilter.queue_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE imgfilter.queue_state (
    one boolean DEFAULT true NOT NULL,
    fast_waiting bigint DEFAULT 0 NOT NULL,
    slow_waiting bigint DEFAULT 0 NOT NULL,
    fast_oldest timestamp with time zone,
    slow_oldest timestamp with time zone,
    published_at timestamp with time zone DEFAULT '-infinity'::timestamp with time zone NOT NULL,
    CONSTRAINT queue_state_one_row CHECK (one)
)
WITH (fillfactor='50');

CREATE TABLE imgfilter.service_state (
    one boolean DEFAULT true NOT NULL,
    counted jsonb DEFAULT '{}'::jsonb NOT NULL,
    published_at timestamp with time zone DEFAULT '-infinity'::timestamp with time zone NOT NULL,
    CONSTRAINT service_state_one_row CHECK (one)
)
WITH (fillfactor='50');

CREATE TABLE imgfilter.worker (
    id integer NOT NULL,
    host text NOT NULL,
    pid integer NOT NULL,
    version text NOT NULL,
    started_at timestamp with time zone DEFAULT now() NOT NULL,
    beat_at timestamp with time zone DEFAULT now() NOT NULL,
    draining boolean DEFAULT false NOT NULL,
    slots integer,
    CONSTRAINT worker_slots_positive CHECK ((slots > 0))
)
WITH (fillfactor='50');

ALTER TABLE imgfilter.worker ALTER COLUMN id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME imgfilter.worker_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

ALTER TABLE ONLY imgfilter.api_key
    ADD CONSTRAINT api_key_pkey PRIMARY KEY (id);

ALTER TABLE ONLY imgfilter.api_key
    ADD CONSTRAINT api_key_sha256_unique UNIQUE (sha256);

ALTER TABLE ONLY imgfilter.attempt
    ADD CONSTRAINT attempt_pkey PRIMARY KEY (delivery_id, lease);

ALTER TABLE ONLY imgfilter.dead
    ADD CONSTRAINT dead_pkey PRIMARY KEY (id);

ALTER TABLE ONLY imgfilter.delivery
    ADD CONSTRAINT delivery_once UNIQUE (task_id, channel, event, target);

ALTER TABLE ONLY imgfilter.delivery
    ADD CONSTRAINT delivery_pkey PRIMARY KEY (id);

ALTER TABLE ONLY imgfilter.erased_object
    ADD CONSTRAINT erased_object_pkey PRIMARY KEY (object_key);

ALTER TABLE ONLY imgfilter.erased_task
    ADD CONSTRAINT erased_task_pkey PRIMARY KEY (task_id);

ALTER TABLE ONLY imgfilter.idempotency
    ADD CONSTRAINT idempotency_pkey PRIMARY KEY (account, key);

ALTER TABLE ONLY imgfilter.image
    ADD CONSTRAINT image_object_key_unique UNIQUE (object_key);

ALTER TABLE ONLY imgfilter.image
    ADD CONSTRAINT image_pkey PRIMARY KEY (id);

ALTER TABLE ONLY imgfilter.link_key
    ADD CONSTRAINT link_key_pkey PRIMARY KEY (number);

ALTER TABLE ONLY imgfilter.link
    ADD CONSTRAINT link_object_key_unique UNIQUE (object_key);

ALTER TABLE ONLY imgfilter.link
    ADD CONSTRAINT link_once UNIQUE (task_id, n);

ALTER TABLE ONLY imgfilter.link
    ADD CONSTRAINT link_pkey PRIMARY KEY (id);

ALTER TABLE ONLY imgfilter.migration
    ADD CONSTRAINT migration_pkey PRIMARY KEY (number);

ALTER TABLE ONLY imgfilter.purge
    ADD CONSTRAINT purge_pkey PRIMARY KEY (xid, id);

ALTER TABLE ONLY imgfilter.queue
    ADD CONSTRAINT queue_pkey PRIMARY KEY (id);

ALTER TABLE ONLY imgfilter.queue_state
    ADD CONSTRAINT queue_state_pkey PRIMARY KEY (one);

ALTER TABLE ONLY imgfilter.service_state
    ADD CONSTRAINT service_state_pkey PRIMARY KEY (one);

ALTER TABLE ONLY imgfilter.target
    ADD CONSTRAINT target_once UNIQUE (owner, channel, address);

ALTER TABLE ONLY imgfilter.target
    ADD CONSTRAINT target_pkey PRIMARY KEY (id);

ALTER TABLE ONLY imgfilter.task
    ADD CONSTRAINT task_pkey PRIMARY KEY (id);

ALTER TABLE imgfilter.task
    ADD CONSTRAINT task_trace_form CHECK (((trace IS NULL) OR ((((trace ->> 'id'::text) ~ '^[0-9a-f]{32}$'::text) AND ((trace ->> 'span'::text) ~ '^[0-9a-f]{16}$'::text) AND ((trace ->> 'flags'::text) ~ '^[0-9a-f]{2}$'::text) AND COALESCE(((trace ->> 'parent'::text) ~ '^[0-9a-f]{16}$'::text), true) AND (jsonb_typeof((trace -> 'received'::text)) = 'number'::text)) IS TRUE))) NOT VALID;

ALTER TABLE ONLY imgfilter.usage
    ADD CONSTRAINT usage_pkey PRIMARY KEY (account, day);

ALTER TABLE ONLY imgfilter.worker
    ADD CONSTRAINT worker_pkey PRIMARY KEY (id);

CREATE INDEX api_key_of_owner ON imgfilter.api_key USING btree (owner, created_at);

CREATE INDEX code_request_at ON imgfilter.code_request USING btree (at);

CREATE INDEX code_request_owner ON imgfilter.code_request USING btree (owner, at);

CREATE INDEX dead_died_at ON imgfilter.dead USING btree (died_at);

CREATE INDEX dead_ref ON imgfilter.dead USING btree (ref);

CREATE INDEX delivery_finished_at ON imgfilter.delivery USING btree (finished_at) WHERE (finished_at IS NOT NULL);

CREATE INDEX delivery_owner ON imgfilter.delivery USING btree (owner, created_at DESC, id DESC) WHERE (owner IS NOT NULL);

CREATE INDEX delivery_undelivered ON imgfilter.delivery USING btree (owner, created_at DESC, id DESC) WHERE ((owner IS NOT NULL) AND (status <> 'delivered'::text));

CREATE INDEX delivery_waiting ON imgfilter.delivery USING btree (target_id) WHERE ((target_id IS NOT NULL) AND (queue_id IS NOT NULL));

CREATE INDEX erased_object_erased_at ON imgfilter.erased_object USING btree (erased_at);

CREATE INDEX erased_task_erased_at ON imgfilter.erased_task USING btree (erased_at);

CREATE INDEX idempotency_created_at ON imgfilter.idempotency USING btree (created_at);

CREATE INDEX idempotency_task_id ON imgfilter.idempotency USING btree (task_id);

CREATE INDEX image_kept ON imgfilter.image USING btree (created_at) WHERE (removed_at IS NULL);

CREATE INDEX link_expires_at ON imgfilter.link USING btree (expires_at);

CREATE INDEX queue_leased ON imgfilter.queue USING btree (lease_until) WHERE (worker_id IS NOT NULL);

CREATE INDEX queue_ready ON imgfilter.queue USING btree (lane, prio, run_at, id) WHERE (worker_id IS NULL);

CREATE INDEX target_told_of_expiring ON imgfilter.target USING btree (owner) WHERE ((status = 'active'::text) AND ('link.expiring'::text = ANY (events)));

CREATE INDEX task_ended ON imgfilter.task USING btree (finished_at) WHERE (finished_at IS NOT NULL);

CREATE INDEX task_expiring ON imgfilter.task USING btree (owner, expires_at) WHERE ((owner IS NOT NULL) AND (expires_at IS NOT NULL) AND (expiring_told_at IS NULL));

CREATE INDEX task_image_id ON imgfilter.task USING btree (image_id);

CREATE INDEX task_open ON imgfilter.task USING btree (account) WHERE (account IS NOT NULL);

CREATE INDEX task_over ON imgfilter.task USING btree (COALESCE(expires_at, finished_at)) WHERE (finished_at IS NOT NULL);

CREATE INDEX task_owner ON imgfilter.task USING btree (owner, id) WHERE (owner IS NOT NULL);

CREATE INDEX usage_day ON imgfilter.usage USING btree (day);

ALTER TABLE ONLY imgfilter.attempt
    ADD CONSTRAINT attempt_delivery FOREIGN KEY (delivery_id) REFERENCES imgfilter.delivery(id) ON DELETE CASCADE;

ALTER TABLE ONLY imgfilter.delivery
    ADD CONSTRAINT delivery_task FOREIGN KEY (task_id) REFERENCES imgfilter.task(id) ON DELETE CASCADE;

ALTER TABLE ONLY imgfilter.idempotency
    ADD CONSTRAINT idempotency_task FOREIGN KEY (task_id) REFERENCES imgfilter.task(id) ON DELETE CASCADE;

ALTER TABLE ONLY imgfilter.link
    ADD CONSTRAINT link_task FOREIGN KEY (task_id) REFERENCES imgfilter.task(id) ON DELETE CASCADE;

ALTER TABLE ONLY imgfilter.task
    ADD CONSTRAINT task_image FOREIGN KEY (image_id) REFERENCES imgfilter.image(id);

GRANT USAGE ON SCHEMA imgfilter TO imgfilter_edge;
GRANT USAGE ON SCHEMA imgfilter TO imgfilter_worker;

REVOKE ALL ON FUNCTION imgfilter.account_of(p_request jsonb) FROM PUBLIC;

REVOKE ALL ON FUNCTION imgfilter.add_target(p_owner text, p_target jsonb, p_limits jsonb) FROM PUBLIC;

REVOKE ALL ON FUNCTION imgfilter.after_utc(p_at timestamp with time zone, p_life interval) FROM PUBLIC;

REVOKE ALL ON FUNCTION imgfilter.announce(p_lane text) FROM PUBLIC;
GRANT ALL ON FUNCTION imgfilter.announce(p_lane text) TO imgfilter_edge;

REVOKE ALL ON FUNCTION imgfilter.arrival_cost(p_limit integer) FROM PUBLIC;

REVOKE ALL ON FUNCTION imgfilter.beat(p_worker integer, p_queue bigint[], p_leases bigint[], p_lease interval) FROM PUBLIC;
GRANT ALL ON FUNCTION imgfilter.beat(p_worker integer, p_queue bigint[], p_leases bigint[], p_lease interval) TO imgfilter_worker;

REVOKE ALL ON FUNCTION imgfilter.begin_delivery(p_worker integer, p_queue bigint, p_lease bigint) FROM PUBLIC;
GRANT ALL ON FUNCTION imgfilter.begin_delivery(p_worker integer, p_queue bigint, p_lease bigint) TO imgfilter_worker;

REVOKE ALL ON FUNCTION imgfilter.cancel(p_task uuid) FROM PUBLIC;

REVOKE ALL ON FUNCTION imgfilter.changed_tasks(p_tasks uuid[], p_seen integer[], p_most integer) FROM PUBLIC;
GRANT ALL ON FUNCTION imgfilter.changed_tasks(p_tasks uuid[], p_seen integer[], p_most integer) TO imgfilter_edge;

REVOKE ALL ON FUNCTION imgfilter.charge(p_account text, p_request jsonb) FROM PUBLIC;

REVOKE ALL ON FUNCTION imgfilter.check_addresses(p_owner text, p_spec jsonb) FROM PUBLIC;

REVOKE ALL ON FUNCTION imgfilter.check_quota(p_request jsonb) FROM PUBLIC;

REVOKE ALL ON FUNCTION imgfilter.check_room(p_owner text, p_limits jsonb) FROM PUBLIC;

REVOKE ALL ON FUNCTION imgfilter.claim(p_worker integer, p_lane text, p_limit integer, p_free integer, p_budget integer, p_lease interval, p_floors timestamp with time zone[], p_life interval) FROM PUBLIC;
GRANT ALL ON FUNCTION imgfilter.claim(p_worker integer, p_lane text, p_limit integer, p_free integer, p_budget integer, p_lease interval, p_floors timestamp with time zone[], p_life interval) TO imgfilter_worker;

REVOKE ALL ON FUNCTION imgfilter.claim_deliveries(p_worker integer, p_channel text, p_limit integer, p_lease interval) FROM PUBLIC;
GRANT ALL ON FUNCTION imgfilter.claim_deliveries(p_worker integer, p_channel text, p_limit integer, p_lease interval) TO imgfilter_worker;

REVOKE ALL ON FUNCTION imgfilter.claim_idempotency(p_request jsonb) FROM PUBLIC;

REVOKE ALL ON FUNCTION imgfilter.cleanup_preview(p_original_life interval, p_row_life interval, p_delivery_life interval) FROM PUBLIC;
GRANT ALL ON FUNCTION imgfilter.cleanup_preview(p_original_life interval, p_row_life interval, p_delivery_life interval) TO imgfilter_worker;

REVOKE ALL ON FUNCTION imgfilter.clock() FROM PUBLIC;

REVOKE ALL ON FUNCTION imgfilter.code_digest(p_target uuid, p_code text) FROM PUBLIC;

REVOKE ALL ON FUNCTION imgfilter.complete(p_worker integer, p_queue bigint, p_lease bigint, p_results jsonb, p_life interval) FROM PUBLIC;
GRANT ALL ON FUNCTION imgfilter.complete(p_worker integer, p_queue bigint, p_lease bigint, p_results jsonb, p_life interval) TO imgfilter_worker;

REVOKE ALL ON FUNCTION imgfilter.complete_many(p_workers integer[], p_queues bigint[], p_leases bigint[], p_results jsonb[], p_life interval) FROM PUBLIC;
GRANT ALL ON FUNCTION imgfilter.complete_many(p_workers integer[], p_queues bigint[], p_leases bigint[], p_results jsonb[], p_life interval) TO imgfilter_worker;

REVOKE ALL ON FUNCTION imgfilter.count_service(p_limit bigint) FROM PUBLIC;

REVOKE ALL ON FUNCTION imgfilter.create_key(p_owner text, p_name text, p_sha256 bytea, p_scopes text[], p_quota jsonb, p_life interval, p_longest interval) FROM PUBLIC;

REVOKE ALL ON FUNCTION imgfilter.defer_delivery(p_worker integer, p_queue bigint, p_lease bigint, p_pause interval, p_away boolean) FROM PUBLIC;
GRANT ALL ON FUNCTION imgfilter.defer_delivery(p_worker integer, p_queue bigint, p_lease bigint, p_pause interval, p_away boolean) TO imgfilter_worker;

REVOKE ALL ON FUNCTION imgfilter.deliveries_of(p_owner text, p_filter jsonb) FROM PUBLIC;
GRANT ALL ON FUNCTION imgfilter.deliveries_of(p_owner text, p_filter jsonb) TO imgfilter_edge;

REVOKE ALL ON FUNCTION imgfilter.delivery_attempts() FROM PUBLIC;

REVOKE ALL ON FUNCTION imgfilter.delivery_end(p_delivery uuid, p_lease bigint) FROM PUBLIC;
GRANT ALL ON FUNCTION imgfilter.delivery_end(p_delivery uuid, p_lease bigint) TO imgfilter_worker;

REVOKE ALL ON FUNCTION imgfilter.delivery_line(p_delivery imgfilter.delivery, p_row imgfilter.queue) FROM PUBLIC;

REVOKE ALL ON FUNCTION imgfilter.delivery_refusal(p_delivery imgfilter.delivery, p_target imgfilter.target) FROM PUBLIC;

REVOKE ALL ON FUNCTION imgfilter.disable_target(p_target imgfilter.target, p_reason text) FROM PUBLIC;

REVOKE ALL ON FUNCTION imgfilter.drain(p_worker integer) FROM PUBLIC;

REVOKE ALL ON FUNCTION imgfilter.drop_target(p_target uuid) FROM PUBLIC;

REVOKE ALL ON FUNCTION imgfilter.edge_ready() FROM PUBLIC;
GRANT ALL ON FUNCTION imgfilter.edge_ready() TO imgfilter_edge;

REVOKE ALL ON FUNCTION imgfilter.enable_target(p_owner text, p_target uuid) FROM PUBLIC;
GRANT ALL ON FUNCTION imgfilter.enable_target(p_owner text, p_target uuid) TO imgfilter_edge;

REVOKE ALL ON FUNCTION imgfilter.end_delivery(p_delivery uuid, p_status text, p_reason text) FROM PUBLIC;

REVOKE ALL ON FUNCTION imgfilter.end_unclaimed(p_life interval, p_limit integer) FROM PUBLIC;

REVOKE ALL ON FUNCTION imgfilter.end_waiting(p_target uuid, p_reason text) FROM PUBLIC;

REVOKE ALL ON FUNCTION imgfilter.enforce_quota(p_quota jsonb, p_used imgfilter.usage, p_open bigint) FROM PUBLIC;

REVOKE ALL ON FUNCTION imgfilter.enqueue_delivery(p_task uuid, p_channel text, p_event text, p_address text, p_owner text, p_target uuid, p_details jsonb) FROM PUBLIC;

REVOKE ALL ON FUNCTION imgfilter.erase(p_task uuid) FROM PUBLIC;

REVOKE ALL ON FUNCTION imgfilter.erase_images(p_owner text) FROM PUBLIC;

REVOKE ALL ON FUNCTION imgfilter.erase_notifications(p_owner text) FROM PUBLIC;

REVOKE ALL ON FUNCTION imgfilter.erase_objects(p_objects text[]) FROM PUBLIC;

REVOKE ALL ON FUNCTION imgfilter.erase_task(p_task uuid, p_owner text) FROM PUBLIC;
GRANT ALL ON FUNCTION imgfilter.erase_task(p_task uuid, p_owner text) TO imgfilter_edge;

REVOKE ALL ON FUNCTION imgfilter.erased_left(p_from timestamp with time zone, p_to timestamp with time zone) FROM PUBLIC;

REVOKE ALL ON FUNCTION imgfilter.erased_objects(p_limit integer, p_lease interval) FROM PUBLIC;
GRANT ALL ON FUNCTION imgfilter.erased_objects(p_limit integer, p_lease interval) TO imgfilter_worker;

REVOKE ALL ON FUNCTION imgfilter.erasure_preview(p_tasks uuid[], p_owner text) FROM PUBLIC;

REVOKE ALL ON FUNCTION imgfilter.expected_objects(p_kind text, p_after uuid, p_most integer) FROM PUBLIC;

REVOKE ALL ON FUNCTION imgfilter.expired_links(p_limit integer, p_lease interval) FROM PUBLIC;
GRANT ALL ON FUNCTION imgfilter.expired_links(p_limit integer, p_lease interval) TO imgfilter_worker;

REVOKE ALL ON FUNCTION imgfilter.extend_link(p_link uuid, p_by interval, p_longest interval) FROM PUBLIC;

REVOKE ALL ON FUNCTION imgfilter.fail(p_worker integer, p_queue bigint, p_lease bigint, p_code text, p_detail text, p_permanent boolean, p_base interval, p_cap interval) FROM PUBLIC;
GRANT ALL ON FUNCTION imgfilter.fail(p_worker integer, p_queue bigint, p_lease bigint, p_code text, p_detail text, p_permanent boolean, p_base interval, p_cap interval) TO imgfilter_worker;

REVOKE ALL ON FUNCTION imgfilter.fail_task(p_task uuid, p_code text, p_detail text) FROM PUBLIC;

REVOKE ALL ON FUNCTION imgfilter.finish_delivery(p_worker integer, p_queue bigint, p_lease bigint, p_outcome text, p_status integer, p_ms integer, p_detail text, p_reply bytea, p_pause interval) FROM PUBLIC;
GRANT ALL ON FUNCTION imgfilter.finish_delivery(p_worker integer, p_queue bigint, p_lease bigint, p_outcome text, p_status integer, p_ms integer, p_detail text, p_reply bytea, p_pause interval) TO imgfilter_worker;

REVOKE ALL ON FUNCTION imgfilter.finish_tasks(p_tasks uuid[], p_ends timestamp with time zone[], p_errors jsonb[]) FROM PUBLIC;

REVOKE ALL ON FUNCTION imgfilter.first_task(p_request jsonb) FROM PUBLIC;

REVOKE ALL ON FUNCTION imgfilter.foresee(p_request jsonb) FROM PUBLIC;
GRANT ALL ON FUNCTION imgfilter.foresee(p_request jsonb) TO imgfilter_edge;

REVOKE ALL ON FUNCTION imgfilter.give_up(p_row imgfilter.queue, p_code text, p_detail text) FROM PUBLIC;

REVOKE ALL ON FUNCTION imgfilter.has_failed_for_long(p_target imgfilter.target) FROM PUBLIC;

REVOKE ALL ON FUNCTION imgfilter.held(p_worker integer, p_queue bigint, p_lease bigint) FROM PUBLIC;

REVOKE ALL ON FUNCTION imgfilter.idempotency_account(p_request jsonb) FROM PUBLIC;

REVOKE ALL ON FUNCTION imgfilter.idempotency_life() FROM PUBLIC;

REVOKE ALL ON FUNCTION imgfilter.image_view(p_image uuid, p_owner text) FROM PUBLIC;
GRANT ALL ON FUNCTION imgfilter.image_view(p_image uuid, p_owner text) TO imgfilter_edge;

REVOKE ALL ON FUNCTION imgfilter.is_draining(p_worker integer) FROM PUBLIC;
GRANT ALL ON FUNCTION imgfilter.is_draining(p_worker integer) TO imgfilter_worker;

REVOKE ALL ON FUNCTION imgfilter.is_expected(p_kind text, p_id uuid) FROM PUBLIC;

REVOKE ALL ON FUNCTION imgfilter.is_news(p_target imgfilter.target, p_outcome text, p_status integer) FROM PUBLIC;

REVOKE ALL ON FUNCTION imgfilter.is_of_deliveries(p_lane smallint) FROM PUBLIC;

REVOKE ALL ON FUNCTION imgfilter.is_over(p_task imgfilter.task) FROM PUBLIC;

REVOKE ALL ON FUNCTION imgfilter.issue_code(p_target imgfilter.target) FROM PUBLIC;

REVOKE ALL ON FUNCTION imgfilter.keep_original(p_image uuid) FROM PUBLIC;

REVOKE ALL ON FUNCTION imgfilter.kept_image(p_image uuid, p_owner text) FROM PUBLIC;

REVOKE ALL ON FUNCTION imgfilter.key_by_hash(p_sha256 text) FROM PUBLIC;
GRANT ALL ON FUNCTION imgfilter.key_by_hash(p_sha256 text) TO imgfilter_edge;

REVOKE ALL ON FUNCTION imgfilter.key_needed_until(p_number integer) FROM PUBLIC;

REVOKE ALL ON FUNCTION imgfilter.key_view(p_key imgfilter.api_key) FROM PUBLIC;

REVOKE ALL ON FUNCTION imgfilter.lane_load(p_lane text, p_limit bigint, OUT ready bigint, OUT delayed bigint, OUT oldest timestamp with time zone, OUT cost_ms double precision) FROM PUBLIC;

REVOKE ALL ON FUNCTION imgfilter.lane_name(p_lane smallint) FROM PUBLIC;

REVOKE ALL ON FUNCTION imgfilter.lane_names() FROM PUBLIC;

REVOKE ALL ON FUNCTION imgfilter.lane_number(p_lane text) FROM PUBLIC;

REVOKE ALL ON FUNCTION imgfilter.lease_end(p_task uuid) FROM PUBLIC;
GRANT ALL ON FUNCTION imgfilter.lease_end(p_task uuid) TO imgfilter_worker;

REVOKE ALL ON FUNCTION imgfilter.leased_rows() FROM PUBLIC;
GRANT ALL ON FUNCTION imgfilter.leased_rows() TO imgfilter_worker;

REVOKE ALL ON FUNCTION imgfilter.link_end(p_spec jsonb, p_life interval) FROM PUBLIC;

REVOKE ALL ON FUNCTION imgfilter.link_line(p_link imgfilter.link, p_task imgfilter.task) FROM PUBLIC;

REVOKE ALL ON FUNCTION imgfilter.link_view(p_link uuid) FROM PUBLIC;
GRANT ALL ON FUNCTION imgfilter.link_view(p_link uuid) TO imgfilter_edge;
GRANT ALL ON FUNCTION imgfilter.link_view(p_link uuid) TO imgfilter_worker;

REVOKE ALL ON FUNCTION imgfilter.links_alive(p_exact bigint) FROM PUBLIC;

REVOKE ALL ON FUNCTION imgfilter.list_dead(p_ids bigint[], p_code text, p_limit integer) FROM PUBLIC;

REVOKE ALL ON FUNCTION imgfilter.list_deliveries(p_owner text, p_status text, p_channel text, p_task uuid, p_limit integer) FROM PUBLIC;

REVOKE ALL ON FUNCTION imgfilter.list_ended_tasks(p_lane text, p_status text, p_owner text, p_since interval, p_limit integer) FROM PUBLIC;

REVOKE ALL ON FUNCTION imgfilter.list_keys(p_owner text) FROM PUBLIC;

REVOKE ALL ON FUNCTION imgfilter.list_links(p_links uuid[], p_owner text, p_task uuid, p_limit integer) FROM PUBLIC;

REVOKE ALL ON FUNCTION imgfilter.list_open_tasks(p_lane text, p_state text, p_owner text, p_limit integer) FROM PUBLIC;

REVOKE ALL ON FUNCTION imgfilter.list_targets(p_owner text, p_limit integer) FROM PUBLIC;

REVOKE ALL ON FUNCTION imgfilter.list_tasks(p_tasks uuid[]) FROM PUBLIC;

REVOKE ALL ON FUNCTION imgfilter.list_workers() FROM PUBLIC;

REVOKE ALL ON FUNCTION imgfilter.lock_targets(p_owner text) FROM PUBLIC;

REVOKE ALL ON FUNCTION imgfilter.locked_target(p_owner text, p_target uuid) FROM PUBLIC;

REVOKE ALL ON FUNCTION imgfilter.lone_images(p_owner text) FROM PUBLIC;

REVOKE ALL ON FUNCTION imgfilter.longest_life(p_life interval) FROM PUBLIC;
GRANT ALL ON FUNCTION imgfilter.longest_life(p_life interval) TO imgfilter_worker;

REVOKE ALL ON FUNCTION imgfilter.new_end(p_task uuid) FROM PUBLIC;

REVOKE ALL ON FUNCTION imgfilter.note_link_key(p_number integer) FROM PUBLIC;
GRANT ALL ON FUNCTION imgfilter.note_link_key(p_number integer) TO imgfilter_edge;
GRANT ALL ON FUNCTION imgfilter.note_link_key(p_number integer) TO imgfilter_worker;

REVOKE ALL ON FUNCTION imgfilter.note_outcome(p_target uuid, p_outcome text) FROM PUBLIC;

REVOKE ALL ON FUNCTION imgfilter.notifications_view(p_owner text) FROM PUBLIC;
GRANT ALL ON FUNCTION imgfilter.notifications_view(p_owner text) TO imgfilter_edge;

REVOKE ALL ON FUNCTION imgfilter.open_tasks(p_account text) FROM PUBLIC;

REVOKE ALL ON FUNCTION imgfilter.orphans(p_keys text[]) FROM PUBLIC;
GRANT ALL ON FUNCTION imgfilter.orphans(p_keys text[]) TO imgfilter_worker;

REVOKE ALL ON FUNCTION imgfilter.prio_of(p_account text, p_spec jsonb) FROM PUBLIC;

REVOKE ALL ON FUNCTION imgfilter.prio_of_account(p_account text) FROM PUBLIC;

REVOKE ALL ON FUNCTION imgfilter.publish_queue_state(p_every interval, p_limit bigint) FROM PUBLIC;
GRANT ALL ON FUNCTION imgfilter.publish_queue_state(p_every interval, p_limit bigint) TO imgfilter_worker;

REVOKE ALL ON FUNCTION imgfilter.publish_service_state(p_every interval, p_limit bigint) FROM PUBLIC;
GRANT ALL ON FUNCTION imgfilter.publish_service_state(p_every interval, p_limit bigint) TO imgfilter_worker;

REVOKE ALL ON FUNCTION imgfilter.purge(p_objects text[]) FROM PUBLIC;
GRANT ALL ON FUNCTION imgfilter.purge(p_objects text[]) TO imgfilter_worker;

REVOKE ALL ON FUNCTION imgfilter.purged_since(p_place text, p_age integer, p_limit integer) FROM PUBLIC;
GRANT ALL ON FUNCTION imgfilter.purged_since(p_place text, p_age integer, p_limit integer) TO imgfilter_edge;

REVOKE ALL ON FUNCTION imgfilter.put_back(p_row imgfilter.queue, p_run_at timestamp with time zone, p_attempts integer) FROM PUBLIC;

REVOKE ALL ON FUNCTION imgfilter.put_target(p_owner text, p_target jsonb) FROM PUBLIC;

REVOKE ALL ON FUNCTION imgfilter.queue_pressure(p_limit bigint) FROM PUBLIC;
GRANT ALL ON FUNCTION imgfilter.queue_pressure(p_limit bigint) TO imgfilter_edge;

REVOKE ALL ON FUNCTION imgfilter.queue_state_life() FROM PUBLIC;

REVOKE ALL ON FUNCTION imgfilter.queue_status() FROM PUBLIC;

REVOKE ALL ON FUNCTION imgfilter.reap(p_dead_after interval, p_limit integer, OUT back bigint, OUT dead bigint) FROM PUBLIC;
GRANT ALL ON FUNCTION imgfilter.reap(p_dead_after interval, p_limit integer, OUT back bigint, OUT dead bigint) TO imgfilter_worker;

REVOKE ALL ON FUNCTION imgfilter.redrive(p_dead bigint) FROM PUBLIC;

REVOKE ALL ON FUNCTION imgfilter.release(p_worker integer, p_leases bigint[]) FROM PUBLIC;
GRANT ALL ON FUNCTION imgfilter.release(p_worker integer, p_leases bigint[]) TO imgfilter_worker;

REVOKE ALL ON FUNCTION imgfilter.remove_erased_objects(p_objects text[]) FROM PUBLIC;
GRANT ALL ON FUNCTION imgfilter.remove_erased_objects(p_objects text[]) TO imgfilter_worker;

REVOKE ALL ON FUNCTION imgfilter.remove_links(p_links uuid[]) FROM PUBLIC;
GRANT ALL ON FUNCTION imgfilter.remove_links(p_links uuid[]) TO imgfilter_worker;

REVOKE ALL ON FUNCTION imgfilter.remove_old_rows(p_life interval, p_limit integer, p_delivery_life interval) FROM PUBLIC;
GRANT ALL ON FUNCTION imgfilter.remove_old_rows(p_life interval, p_limit integer, p_delivery_life interval) TO imgfilter_worker;

REVOKE ALL ON FUNCTION imgfilter.remove_originals(p_images uuid[]) FROM PUBLIC;
GRANT ALL ON FUNCTION imgfilter.remove_originals(p_images uuid[]) TO imgfilter_worker;

REVOKE ALL ON FUNCTION imgfilter.remove_purged(p_limit integer) FROM PUBLIC;

REVOKE ALL ON FUNCTION imgfilter.remove_target(p_owner text, p_target uuid) FROM PUBLIC;

REVOKE ALL ON FUNCTION imgfilter.replay_delivery(p_owner text, p_delivery uuid) FROM PUBLIC;
GRANT ALL ON FUNCTION imgfilter.replay_delivery(p_owner text, p_delivery uuid) TO imgfilter_edge;

REVOKE ALL ON FUNCTION imgfilter.replay_refusal(p_delivery imgfilter.delivery) FROM PUBLIC;

REVOKE ALL ON FUNCTION imgfilter.requeue(p_task uuid) FROM PUBLIC;

REVOKE ALL ON FUNCTION imgfilter.requeue_refusal(p_task imgfilter.task) FROM PUBLIC;

REVOKE ALL ON FUNCTION imgfilter.result_of(p_task imgfilter.task, p_n integer, p_status text) FROM PUBLIC;

REVOKE ALL ON FUNCTION imgfilter.revoke_key(p_id uuid) FROM PUBLIC;

REVOKE ALL ON FUNCTION imgfilter.revoke_link(p_link uuid) FROM PUBLIC;

REVOKE ALL ON FUNCTION imgfilter.rotate_secret(p_owner text, p_target uuid) FROM PUBLIC;
GRANT ALL ON FUNCTION imgfilter.rotate_secret(p_owner text, p_target uuid) TO imgfilter_edge;

REVOKE ALL ON FUNCTION imgfilter.secret_numbers(p_target imgfilter.target) FROM PUBLIC;

REVOKE ALL ON FUNCTION imgfilter.send_again(p_delivery uuid, p_attempts smallint) FROM PUBLIC;

REVOKE ALL ON FUNCTION imgfilter.send_code(p_owner text, p_target uuid) FROM PUBLIC;
GRANT ALL ON FUNCTION imgfilter.send_code(p_owner text, p_target uuid) TO imgfilter_edge;

REVOKE ALL ON FUNCTION imgfilter.service_state() FROM PUBLIC;
GRANT ALL ON FUNCTION imgfilter.service_state() TO imgfilter_worker;

REVOKE ALL ON FUNCTION imgfilter.set_notifications(p_owner text, p_targets jsonb, p_limits jsonb) FROM PUBLIC;
GRANT ALL ON FUNCTION imgfilter.set_notifications(p_owner text, p_targets jsonb, p_limits jsonb) TO imgfilter_edge;

REVOKE ALL ON FUNCTION imgfilter.show_task(p_task uuid) FROM PUBLIC;

REVOKE ALL ON FUNCTION imgfilter.spent_images(p_life interval) FROM PUBLIC;

REVOKE ALL ON FUNCTION imgfilter.spent_originals(p_life interval, p_limit integer, p_lease interval) FROM PUBLIC;
GRANT ALL ON FUNCTION imgfilter.spent_originals(p_life interval, p_limit integer, p_lease interval) TO imgfilter_worker;

REVOKE ALL ON FUNCTION imgfilter.spent_usage(p_life interval) FROM PUBLIC;

REVOKE ALL ON FUNCTION imgfilter.store_body(p_worker integer, p_queue bigint, p_lease bigint, p_body bytea) FROM PUBLIC;
GRANT ALL ON FUNCTION imgfilter.store_body(p_worker integer, p_queue bigint, p_lease bigint, p_body bytea) TO imgfilter_worker;

REVOKE ALL ON FUNCTION imgfilter.submit_task(p_request jsonb) FROM PUBLIC;
GRANT ALL ON FUNCTION imgfilter.submit_task(p_request jsonb) TO imgfilter_edge;

REVOKE ALL ON FUNCTION imgfilter.take(p_worker integer, p_lane text, p_limit integer, p_free integer, p_budget integer, p_lease interval, p_floors timestamp with time zone[]) FROM PUBLIC;

REVOKE ALL ON FUNCTION imgfilter.target_view(p_target imgfilter.target) FROM PUBLIC;

REVOKE ALL ON FUNCTION imgfilter.task_line(p_task imgfilter.task, p_row imgfilter.queue) FROM PUBLIC;

REVOKE ALL ON FUNCTION imgfilter.task_view(p_task uuid) FROM PUBLIC;
GRANT ALL ON FUNCTION imgfilter.task_view(p_task uuid) TO imgfilter_edge;

REVOKE ALL ON FUNCTION imgfilter.tasks_of_owner(p_owner text) FROM PUBLIC;

REVOKE ALL ON FUNCTION imgfilter.tell_expiring(p_before interval, p_limit integer) FROM PUBLIC;
GRANT ALL ON FUNCTION imgfilter.tell_expiring(p_before interval, p_limit integer) TO imgfilter_worker;

REVOKE ALL ON FUNCTION imgfilter.tell_tasks(p_tasks uuid[], p_events text[]) FROM PUBLIC;

REVOKE ALL ON FUNCTION imgfilter.usage_of(p_account text, p_request jsonb) FROM PUBLIC;

REVOKE ALL ON FUNCTION imgfilter.use_image(p_image uuid, p_owner text) FROM PUBLIC;

REVOKE ALL ON FUNCTION imgfilter.utc(p_at timestamp with time zone) FROM PUBLIC;

REVOKE ALL ON FUNCTION imgfilter.utc_day() FROM PUBLIC;

REVOKE ALL ON FUNCTION imgfilter.verify_target(p_owner text, p_target uuid, p_code text) FROM PUBLIC;
GRANT ALL ON FUNCTION imgfilter.verify_target(p_owner text, p_target uuid, p_code text) TO imgfilter_edge;

REVOKE ALL ON FUNCTION imgfilter.view_of(p_task imgfilter.task) FROM PUBLIC;

REVOKE ALL ON FUNCTION imgfilter.view_of_new(p_request jsonb) FROM PUBLIC;

REVOKE ALL ON FUNCTION imgfilter.view_with(p_task imgfilter.task, p_image imgfilter.image) FROM PUBLIC;

REVOKE ALL ON FUNCTION imgfilter.waiting_in(p_lanes text[], p_limit bigint, OUT waiting bigint, OUT oldest timestamp with time zone) FROM PUBLIC;

REVOKE ALL ON FUNCTION imgfilter.worker_start(p_host text, p_pid integer, p_version text, p_slots integer) FROM PUBLIC;
GRANT ALL ON FUNCTION imgfilter.worker_start(p_host text, p_pid integer, p_version text, p_slots integer) TO imgfilter_worker;

REVOKE ALL ON FUNCTION imgfilter.worker_stop(p_worker integer) FROM PUBLIC;
GRANT ALL ON FUNCTION imgfilter.worker_stop(p_worker integer) TO imgfilter_worker;
