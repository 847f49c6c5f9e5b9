-- The configuration: environment variables IMGFILTER_*, with every default already filled in by
-- `imgfilter nginx-config`, so that no default stands in two places.

local M = {}

local function variable(name)
    local value = os.getenv("IMGFILTER_" .. name)
    if not value or value == "" then
        error("IMGFILTER_" .. name .. " is not set", 0)
    end
    return value
end

-- The same where it may be missing: then nil.
local function optional(name)
    local value = os.getenv("IMGFILTER_" .. name)
    return value ~= "" and value or nil
end

local function number(name)
    local value = variable(name)
    return tonumber(value) or error("IMGFILTER_" .. name .. " is not a number: " .. value, 0)
end

local function switch(name)
    local value = variable(name)
    if value ~= "true" and value ~= "false" then
        error("IMGFILTER_" .. name .. " is neither true nor false: " .. value, 0)
    end
    return value == "true"
end

local SECONDS = { ms = 0.001, s = 1, m = 60, min = 60, h = 3600, d = 86400 }

-- "5 s", "250ms", "2 min" or a bare number of seconds
local function duration(name)
    local value = variable(name)
    local count, unit = value:match("^%s*([%d.]+)%s*(%a*)%s*$")
    local scale = unit == "" and 1 or SECONDS[unit]
    count = tonumber(count)
    if not count or not scale then
        error("IMGFILTER_" .. name .. " is not a duration such as \"5 s\": " .. value, 0)
    end
    return count * scale
end

-- A secret is given in X, or in the file that X_FILE names; a file's last line break does not belong to it.
local function secret(name)
    local given, path = os.getenv("IMGFILTER_" .. name), os.getenv("IMGFILTER_" .. name .. "_FILE")
    if (given and given ~= "") or not path or path == "" then
        return variable(name)
    end
    local file, err = io.open(path, "rb")
    if not file then
        error("IMGFILTER_" .. name .. "_FILE: " .. err, 0)
    end
    local value = file:read("*a"):gsub("[\r\n]+$", "")
    file:close()
    return value
end

local function optional_secret(name)
    local given = optional(name) or optional(name .. "_FILE")
    return given and secret(name)
end

-- "http://127.0.0.1:9000" into the Host header's value; a port that is the scheme's own is left out, because
-- clients leave it out and the signature covers the header.
local function host_of(name)
    local endpoint = variable(name)
    local scheme, host = endpoint:match("^(https?)://([^/]+)/?$")
    if not host then
        error("IMGFILTER_" .. name .. " is not http[s]://HOST[:PORT]: " .. endpoint, 0)
    end
    local own_port = scheme == "https" and ":443$" or ":80$"
    return (host:gsub(own_port, "")), scheme
end

-- What the URLs begin with that clients are sent to.
local function presigned_base()
    local name = variable("PRESIGNED_ENDPOINT") == "same" and "S3_ENDPOINT" or "PRESIGNED_ENDPOINT"
    local host, scheme = host_of(name)
    return scheme .. "://" .. host
end

local QUOTA = {
    requests = "ANONYMOUS_REQUESTS", bytes = "ANONYMOUS_BYTES", megapixels = "ANONYMOUS_MEGAPIXELS",
    open_tasks = "ANONYMOUS_OPEN_TASKS",
}

-- What an address may use without a key: false if that has no limit. A limit of 0 is none.
local function anonymous_quota()
    local quota = {}
    for name, setting in pairs(QUOTA) do
        local limit = number(setting)
        quota[name] = limit > 0 and limit or nil
    end
    return next(quota) and quota or false
end

function M.load()
    M.public_url = variable("PUBLIC_URL"):gsub("/+$", "")
    M.spool = variable("SPOOL"):gsub("/+$", "")
    M.runtime_dir = variable("RUNTIME_DIR"):gsub("/+$", "")
    M.anonymous = switch("ANONYMOUS")
    M.anonymous_quota = anonymous_quota()
    M.max_body = number("MAX_BODY")
    M.max_task_body = number("MAX_TASK_BODY")
    M.max_wait = duration("MAX_WAIT")
    M.max_watchers = number("MAX_WATCHERS")
    M.stream_life = duration("STREAM_LIFE")
    M.stream_heartbeat = duration("STREAM_HEARTBEAT")
    M.stream_retry = duration("STREAM_RETRY")
    M.database = secret("EDGE_DATABASE_URL")
    M.database_timeout = duration("DATABASE_TIMEOUT")
    M.database_connections = number("EDGE_DATABASE_CONNECTIONS")
    M.native_threads = number("NATIVE_THREADS")
    M.key_threads = number("KEY_THREADS")
    M.key_misses = number("KEY_MISSES")
    M.max_waiting = number("MAX_WAITING")
    M.max_queue = number("MAX_QUEUE")
    M.max_queue_age = duration("MAX_QUEUE_AGE")
    M.spool_reserve = number("SPOOL_RESERVE")
    M.breaker_failures = number("BREAKER_FAILURES")
    M.breaker_pause = duration("BREAKER_PAUSE")
    M.s3_bucket = variable("S3_BUCKET")
    M.s3_timeout = duration("S3_TIMEOUT")
    M.edge_name = variable("EDGE_NAME")
    M.upload_life = duration("UPLOAD_LIFE")
    M.max_uploads = number("MAX_UPLOADS")
    M.max_uploads_of_client = number("MAX_UPLOADS_OF_CLIENT")
    M.cache = variable("CACHE"):gsub("/+$", "")
    M.cdn_max_age = math.floor(duration("CDN_MAX_AGE"))
    M.link_memory = duration("LINK_MEMORY")
    M.link_misses = number("LINK_MISSES")
    M.downloads = variable("DOWNLOADS")
    M.max_targets = number("MAX_TARGETS")
    -- where metrics can be read; nil: nowhere
    M.metrics = optional("EDGE_METRICS")
    M.push_key = optional("VAPID_PUBLIC_KEY")
    M.presigned_base = presigned_base()
    M.presigned_life = math.floor(duration("PRESIGNED_LIFE"))
    -- the number of the key that signs; the keys themselves are the native library's
    M.link_key = tonumber(secret("LINK_KEYS"):match("^[%s,]*(%d+)"))
end

-- What the native library is told.
function M.native()
    return {
        public_url = M.public_url,
        assets = variable("ASSETS"),
        presets = variable("PRESETS"),
        presets_only = switch("PRESETS_ONLY"),
        link_keys = secret("LINK_KEYS"),
        link_life = variable("LINK_LIFE"),
        max_link_life = variable("MAX_LINK_LIFE"),
        max_filters = number("MAX_FILTERS"),
        max_chain_length = number("MAX_CHAIN_LENGTH"),
        max_chain_filters = number("MAX_CHAIN_FILTERS"),
        max_equation_length = number("MAX_EQUATION_LENGTH"),
        max_equation_depth = number("MAX_EQUATION_DEPTH"),
        max_equation_operations = number("MAX_EQUATION_OPERATIONS"),
        max_dimension = number("MAX_DIMENSION"),
        max_pixels = number("MAX_PIXELS"),
        max_frames = number("MAX_FRAMES"),
        max_total_pixels = number("MAX_TOTAL_PIXELS"),
        max_output_dimension = number("MAX_OUTPUT_DIMENSION"),
        fast_lane_ms = number("FAST_LANE_MS"),
        cost_scale = number("COST_SCALE"),
        max_attempts = number("MAX_ATTEMPTS"),
        anonymous_webhook = switch("ANONYMOUS_WEBHOOK"),
        webhook_insecure = switch("WEBHOOK_INSECURE"),
        webhook_secret = optional_secret("WEBHOOK_SECRET"),
        -- those that are on, as `imgfilter nginx-config` finds by the settings of each
        channels = optional("CHANNELS") or "",
        push_hosts = variable("PUSH_HOSTS"),
        push_key = M.push_key,
        topics = optional("SNS_TOPICS") or "",
        max_targets = M.max_targets,
        storage = {
            host = host_of("S3_ENDPOINT"),
            region = variable("S3_REGION"),
            access_key = secret("S3_ACCESS_KEY"),
            secret_key = secret("S3_SECRET_KEY"),
        },
        presigned_base = M.presigned_base,
    }
end

return M
