local support = require "lua.spec.support"

local function environment(changes)
    local variables = {
        ASSETS = "/etc/x", PRESETS = "/etc/y", PRESETS_ONLY = "false", MAX_CHAIN_FILTERS = "64",
        MAX_EQUATION_LENGTH = "4096", MAX_EQUATION_DEPTH = "63", MAX_EQUATION_OPERATIONS = "1024",
        MAX_OUTPUT_DIMENSION = "9999", ANONYMOUS_REQUESTS = "0", ANONYMOUS_BYTES = "0", ANONYMOUS_MEGAPIXELS = "0",
        ANONYMOUS_OPEN_TASKS = "0", EDGE_NAME = "a", UPLOAD_LIFE = "24h", MAX_UPLOADS = "9",
        MAX_UPLOADS_OF_CLIENT = "9",
        PUBLIC_URL = "https://img.example/f/", SPOOL = "/spool/", RUNTIME_DIR = "/run/x", ANONYMOUS = "true",
        MAX_BODY = "1000", MAX_WAIT = "60s", MAX_WATCHERS = "100", STREAM_LIFE = "30m",
        STREAM_HEARTBEAT = "15s", STREAM_RETRY = "2s", EDGE_DATABASE_URL = "host=db", DATABASE_TIMEOUT = "500ms",
        MAX_TASK_BODY = "500",
        EDGE_DATABASE_CONNECTIONS = "4", NATIVE_THREADS = "2", S3_BUCKET = "b", S3_TIMEOUT = "1 m",
        LINK_KEYS = "1:k", LINK_LIFE = "3 months", MAX_FILTERS = "16", MAX_CHAIN_LENGTH = "4096",
        MAX_DIMENSION = "16384", MAX_PIXELS = "1", MAX_FRAMES = "1", MAX_TOTAL_PIXELS = "1", FAST_LANE_MS = "500",
        COST_SCALE = "1.5",
        MAX_ATTEMPTS = "5", ANONYMOUS_WEBHOOK = "false", WEBHOOK_INSECURE = "false", S3_REGION = "r",
        KEY_THREADS = "2", KEY_MISSES = "30", MAX_WAITING = "1024", MAX_QUEUE = "50000", MAX_QUEUE_AGE = "1h",
        CACHE = "/cache/", CDN_MAX_AGE = "2m", LINK_MEMORY = "30s", LINK_MISSES = "60", MAX_LINK_LIFE = "1 year",
        DOWNLOADS = "proxy", PRESIGNED_LIFE = "60s", PRESIGNED_ENDPOINT = "same",
        SPOOL_RESERVE = "1000", BREAKER_FAILURES = "5", BREAKER_PAUSE = "2s",
        MAX_TARGETS = "20", PUSH_HOSTS = "push.example.com",
        S3_ENDPOINT = "https://s3.example:443", S3_ACCESS_KEY = "a", S3_SECRET_KEY = "s",
    }
    for name, value in pairs(changes or {}) do
        variables[name] = value or nil
    end
    local prefixed = {}
    for name, value in pairs(variables) do
        prefixed["IMGFILTER_" .. name] = value
    end
    return prefixed
end

local function load(changes)
    local config = support.load("imgfilter.config")
    local native
    support.with_environment(environment(changes), function()
        config.load()
        native = config.native()
    end)
    return config, native
end

describe("the configuration", function()
    it("may say where metrics can be read", function()
        assert.is_nil(load().metrics)
        assert.is_nil(load({ EDGE_METRICS = "" }).metrics)
        assert.equal("127.0.0.1:9466", load({ EDGE_METRICS = "127.0.0.1:9466" }).metrics)
    end)

    it("reads numbers, durations and switches", function()
        local config, native = load()
        assert.equal(60, config.max_wait)
        assert.equal(100, config.max_watchers)
        assert.equal(1800, config.stream_life)
        assert.equal(15, config.stream_heartbeat)
        assert.equal(2, config.stream_retry)
        assert.equal(0.5, config.database_timeout)
        assert.equal(60, config.s3_timeout)
        assert.equal(1000, config.max_body)
        assert.equal(120, config.cdn_max_age)
        assert.equal(30, config.link_memory)
        assert.equal(3600, config.max_queue_age)
        assert.is_true(config.anonymous)
        assert.is_false(native.anonymous_webhook)
    end)

    it("hands every limit and the presets on", function()
        local _, native = load({ PRESETS_ONLY = "true" })
        assert.equal("/etc/y", native.presets)
        assert.is_true(native.presets_only)
        assert.equal(4096, native.max_chain_length)
        assert.equal(64, native.max_chain_filters)
        assert.equal(63, native.max_equation_depth)
        assert.equal(1024, native.max_equation_operations)
        assert.equal(9999, native.max_output_dimension)
    end)

    it("has the quota of an address, where there is one", function()
        assert.is_false((load()).anonymous_quota)
        local config = load({ ANONYMOUS_BYTES = "1000", ANONYMOUS_OPEN_TASKS = "2" })
        assert.same({ bytes = 1000, open_tasks = 2 }, config.anonymous_quota)
    end)

    it("leaves no slash at the end of URL and folder", function()
        local config = load()
        assert.equal("https://img.example/f", config.public_url)
        assert.equal("/spool", config.spool)
    end)

    it("signs for the host without its scheme's own port", function()
        local function host(endpoint)
            local _, native = load({ S3_ENDPOINT = endpoint })
            return native.storage.host
        end
        assert.equal("s3.example", host("https://s3.example:443"))
        assert.equal("s3.example", host("http://s3.example:80/"))
        assert.equal("s3.example:443", host("http://s3.example:443"))
        assert.equal("127.0.0.1:9000", host("http://127.0.0.1:9000"))
    end)

    it("sends clients to where they reach the store", function()
        local _, native = load()
        assert.equal("https://s3.example", native.presigned_base)
        _, native = load({ PRESIGNED_ENDPOINT = "http://files.example:80/" })
        assert.equal("http://files.example", native.presigned_base)
    end)

    it("knows the number of the key that signs, and no more of it", function()
        assert.equal(12, (load({ LINK_KEYS = " 12:abc,3:def" })).link_key)
    end)

    it("reads a secret from its file, unless it is given", function()
        local path = os.tmpname()
        local file = assert(io.open(path, "wb"))
        file:write("of the file\n")
        file:close()
        local _, from_file = load({ S3_SECRET_KEY = "", S3_SECRET_KEY_FILE = path })
        local _, given = load({ S3_SECRET_KEY_FILE = path })
        os.remove(path)
        assert.equal("of the file", from_file.storage.secret_key)
        assert.equal("s", given.storage.secret_key)
        assert.has_error(function() load({ S3_SECRET_KEY = "", S3_SECRET_KEY_FILE = path }) end)
    end)

    it("knows whom can be told by what is set", function()
        local config, native = load()
        assert.equal("", native.channels)
        assert.is_nil(native.webhook_secret)
        assert.is_nil(config.push_key)
        config, native = load({ CHANNELS = "webhook,push", WEBHOOK_SECRET = "whsec_x", VAPID_PUBLIC_KEY = "BA" })
        assert.equal("webhook,push", native.channels)
        assert.equal("whsec_x", native.webhook_secret)
        assert.equal("BA", config.push_key)
        assert.equal("BA", native.push_key)
        assert.equal(20, config.max_targets)
    end)

    it("names what is missing or makes no sense", function()
        local mistakes = {
            SPOOL = "", MAX_BODY = "much", DATABASE_TIMEOUT = "5 parsecs", ANONYMOUS = "yes",
            S3_ENDPOINT = "s3.example", LINK_KEYS = "", PRESETS = "", PRESETS_ONLY = "1", MAX_EQUATION_DEPTH = "deep",
            ANONYMOUS_REQUESTS = "few", MAX_TARGETS = "all", PUSH_HOSTS = "",
        }
        for name, value in pairs(mistakes) do
            local ran, err = pcall(load, { [name] = value })
            assert.is_false(ran, name)
            assert.truthy(err:find("IMGFILTER_" .. name, 1, true), err)
        end
    end)
end)
