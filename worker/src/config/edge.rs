//! Settings that only the edge (nginx and its Lua side) reads. They are declared here with the others, so that there
//! is one list; `imgfilter nginx-config` hands them on.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use clap::{Args, ValueEnum};

use super::{ConfigError, Downloads, Events, Front, Secret, parse_duration, secret};

/// The largest quota: every program on the way still counts it exactly.
pub const MAX_QUOTA: u64 = 10_000_000_000_000;

/// The most tasks of a lane that anybody counts: counting takes time, and where that many wait, nobody has to know more.
pub const MAX_COUNTED: i64 = 1_000_000;

/// How a request is written into the access log.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum AccessLogFormat {
    /// A line for people.
    Text,
    /// An object of JSON with the same fields.
    Json,
}

/// The edge.
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "Edge")]
pub struct Edge {
    /// Address that nginx listens on
    #[arg(long, env = "IMGFILTER_LISTEN", value_name = "ADDRESS", default_value = "127.0.0.1")]
    pub listen: String,
    /// Port for HTTP/1.1
    #[arg(long, env = "IMGFILTER_PORT", value_name = "PORT", default_value_t = 8080)]
    pub port: u16,
    /// Port for TLS, with HTTP/2 and HTTP/1.1; none without it
    #[arg(long, env = "IMGFILTER_TLS_PORT", value_name = "PORT")]
    pub tls_port: Option<u16>,
    /// Certificate chain for the TLS port, PEM
    #[arg(long, env = "IMGFILTER_TLS_CERTIFICATE", value_name = "PATH", requires = "tls_port")]
    pub tls_certificate: Option<PathBuf>,
    /// Private key of the certificate, PEM
    #[arg(long, env = "IMGFILTER_TLS_KEY", value_name = "PATH", requires = "tls_port")]
    pub tls_key: Option<PathBuf>,
    /// Unix socket for HTTP/2 without TLS, as tests use it; none without it
    #[arg(long, env = "IMGFILTER_H2C_SOCKET", value_name = "PATH")]
    pub h2c_socket: Option<PathBuf>,
    /// Folder of the S3 gateway's socket and of nginx's pid file; the socket's path may have 107 bytes
    #[arg(long, env = "IMGFILTER_RUNTIME_DIR", value_name = "PATH", default_value = "/run/imgfilter")]
    pub runtime_dir: PathBuf,
    /// Where downloads are cached
    #[arg(long, env = "IMGFILTER_CACHE", value_name = "PATH", default_value = "/var/cache/imgfilter")]
    pub cache: PathBuf,
    /// Largest size of the cached downloads, in bytes
    #[arg(long, env = "IMGFILTER_CACHE_SIZE", value_name = "BYTES", default_value_t = 1_073_741_824)]
    pub cache_size: u64,
    /// Folder of the Lua modules: holds `imgfilter/`
    #[arg(long, env = "IMGFILTER_LUA_DIR", value_name = "PATH", default_value = "/usr/share/imgfilter/lua")]
    pub lua_dir: PathBuf,
    /// The library that Lua calls for filters, images, signatures and links
    #[arg(
        long,
        env = "IMGFILTER_NATIVE_LIBRARY",
        value_name = "PATH",
        default_value = "/usr/lib/imgfilter/libimgfilter_native.so"
    )]
    pub native_library: PathBuf,
    /// The nginx module that takes uploads
    #[arg(
        long,
        env = "IMGFILTER_UPLOAD_MODULE",
        value_name = "PATH",
        default_value = "/usr/lib/nginx/modules/ngx_http_upload_module.so"
    )]
    pub upload_module: PathBuf,
    /// Folder of Debian's nginx modules (ndk, lua)
    #[arg(
        long,
        env = "IMGFILTER_NGINX_MODULES",
        value_name = "PATH",
        default_value = "/usr/lib/nginx/modules"
    )]
    pub nginx_modules: PathBuf,
    /// Folder of the static parts of the nginx configuration
    #[arg(
        long,
        env = "IMGFILTER_NGINX_DIR",
        value_name = "PATH",
        default_value = "/usr/share/imgfilter/nginx"
    )]
    pub nginx_dir: PathBuf,
    /// User of nginx's worker processes, where nginx is started as root; and after a blank the group, if it has
    /// another name
    #[arg(long, env = "IMGFILTER_NGINX_USER", value_name = "USER")]
    pub nginx_user: Option<String>,
    /// Worker processes of nginx: a number, or `auto` for one on each core
    #[arg(long, env = "IMGFILTER_NGINX_WORKERS", value_name = "COUNT", default_value = "auto")]
    pub nginx_workers: String,
    /// Threads of each nginx worker process that look at uploaded images
    #[arg(long, env = "IMGFILTER_NATIVE_THREADS", value_name = "COUNT", default_value_t = 2,
          value_parser = clap::value_parser!(u16).range(1..=64))]
    pub native_threads: u16,
    /// Threads of each nginx worker process that write uploads to the spool and hash them
    #[arg(long, env = "IMGFILTER_SPOOL_THREADS", value_name = "COUNT", default_value_t = 4,
          value_parser = clap::value_parser!(u16).range(1..=64))]
    pub spool_threads: u16,
    /// Where nginx writes its errors: `stderr`, a file, or `syslog:server=…`
    #[arg(long, env = "IMGFILTER_ERROR_LOG", value_name = "LOG", default_value = "stderr")]
    pub error_log: String,
    /// Where nginx writes a line for each request: `off`, a file, or `syslog:server=…`
    #[arg(long, env = "IMGFILTER_ACCESS_LOG", value_name = "LOG", default_value = "off")]
    pub access_log: String,
    /// How these lines are written: `text`, or `json`, an object a line with the same fields
    #[arg(long, env = "IMGFILTER_ACCESS_LOG_FORMAT", value_name = "FORMAT", value_enum, default_value_t = AccessLogFormat::Text)]
    pub access_log_format: AccessLogFormat,
    /// Address and port where nginx answers `GET /metrics` for Prometheus, and nothing else; nowhere without it. Whoever
    /// reaches it may read it
    #[arg(
        long,
        env = "IMGFILTER_EDGE_METRICS",
        value_name = "ADDRESS:PORT",
        default_value = "",
        hide_default_value = true,
        value_parser = address_or_none
    )]
    pub edge_metrics: Listener,
    /// Take uploads without a key
    #[arg(long, env = "IMGFILTER_ANONYMOUS", value_name = "BOOL", default_value_t = false,
          action = clap::ArgAction::Set)]
    pub anonymous: bool,
    /// Let uploads without a key name a webhook
    #[arg(long, env = "IMGFILTER_ANONYMOUS_WEBHOOK", value_name = "BOOL", default_value_t = false,
          action = clap::ArgAction::Set)]
    pub anonymous_webhook: bool,
    /// What an address may use without a key.
    #[command(flatten)]
    pub anonymous_quota: AnonymousQuota,
    /// Largest request body, in bytes; a larger one is refused with body_too_large
    #[arg(long, env = "IMGFILTER_MAX_BODY", value_name = "BYTES", default_value_t = 104_857_600)]
    pub max_body: u64,
    /// Largest body of POST /tasks, in bytes, held in memory; a larger one is refused with body_too_large. To be raised
    /// with the number and the length of chains, of which JSON may write a character in 12 bytes
    #[arg(long, env = "IMGFILTER_MAX_TASK_BODY", value_name = "BYTES", default_value_t = 1_048_576,
          value_parser = clap::value_parser!(u32).range(1..=67_108_864))]
    pub max_task_body: u32,
    /// Chains of filters in one upload; more are refused with too_many_filters
    #[arg(long, env = "IMGFILTER_MAX_FILTERS", value_name = "COUNT", default_value_t = 16)]
    pub max_filters: u32,
    /// Take no chains but `preset(name)`, or several of them joined by `|`; other filters are refused with
    /// presets_only
    #[arg(long, env = "IMGFILTER_PRESETS_ONLY", value_name = "BOOL", default_value_t = false,
          action = clap::ArgAction::Set)]
    pub presets_only: bool,
    /// Who may watch tasks.
    #[command(flatten)]
    pub events: Events,
    /// Which tasks are fast.
    #[command(flatten)]
    pub lanes: Lanes,
    /// How often a task is tried before it has failed
    #[arg(long, env = "IMGFILTER_MAX_ATTEMPTS", value_name = "COUNT", default_value_t = 5,
          value_parser = clap::value_parser!(u16).range(1..=100))]
    pub max_attempts: u16,
    /// PostgreSQL for the edge: libpq's `host=… user=…`; the role imgfilter_edge, which may call its functions and
    /// nothing else
    #[arg(
        long,
        env = "IMGFILTER_EDGE_DATABASE_URL",
        hide_env_values = true,
        value_name = "CONNINFO",
        default_value = "host=localhost user=imgfilter_edge dbname=imgfilter"
    )]
    pub edge_database_url: Secret,
    /// File that holds IMGFILTER_EDGE_DATABASE_URL
    #[arg(long, env = "IMGFILTER_EDGE_DATABASE_URL_FILE", value_name = "PATH")]
    pub edge_database_url_file: Option<PathBuf>,
    /// Database connections of each nginx worker process, for uploads; as many again serve reading
    #[arg(long, env = "IMGFILTER_EDGE_DATABASE_CONNECTIONS", value_name = "COUNT", default_value_t = 4,
          value_parser = clap::value_parser!(u16).range(1..=64))]
    pub edge_database_connections: u16,
    /// When uploads are refused before their body is read.
    #[command(flatten)]
    pub pressure: Pressure,
    /// Uploads in pieces.
    #[command(flatten)]
    pub uploads: Uploads,
    /// Towards its clients.
    #[command(flatten)]
    pub front: Front,
    /// Towards those who download.
    #[command(flatten)]
    pub downloads: Downloads,
}

impl Edge {
    /// Where the database is, and as whom.
    pub fn database_url(&self) -> Result<Secret, ConfigError> {
        secret::with_default(
            "IMGFILTER_EDGE_DATABASE_URL",
            &self.edge_database_url,
            &self.edge_database_url_file,
        )
    }
}

/// Where something listens, or nowhere.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Listener(pub Option<SocketAddr>);

fn address_or_none(text: &str) -> Result<Listener, String> {
    if text.is_empty() {
        return Ok(Listener(None));
    }
    match text.parse::<SocketAddr>() {
        Ok(address) if address.port() != 0 => Ok(Listener(Some(address))),
        _ => Err("must be ADDRESS:PORT such as 127.0.0.1:9466 or [::1]:9466".to_owned()),
    }
}

/// When uploads are refused before their body is read, and who may wait for what.
#[derive(Debug, Clone, Args)]
pub struct Pressure {
    /// Tasks that may wait for a worker; while more do, uploads are refused with queue_full. 0: no limit
    #[arg(long, env = "IMGFILTER_MAX_QUEUE", value_name = "COUNT", default_value_t = 50_000,
          value_parser = clap::value_parser!(u32).range(0..=MAX_COUNTED))]
    pub max_queue: u32,
    /// How long a task that is ready to run may wait for a worker; while one waits longer, uploads are refused with
    /// queue_full. 0: no limit
    #[arg(long, env = "IMGFILTER_MAX_QUEUE_AGE", value_name = "DURATION", default_value = "1h",
          value_parser = parse_duration)]
    pub max_queue_age: Duration,
    /// Bytes that stay free on the spool's disk; an upload that would leave less is refused with spool_full
    #[arg(long, env = "IMGFILTER_SPOOL_RESERVE", value_name = "BYTES", default_value_t = 268_435_456)]
    pub spool_reserve: u64,
    /// Failures of the database or of S3 in a row after which nobody asks it any more, but for one look now and then;
    /// until it answers again, requests that need it are refused at once, with database_unavailable or
    /// storage_unavailable
    #[arg(long, env = "IMGFILTER_BREAKER_FAILURES", value_name = "COUNT", default_value_t = 5,
          value_parser = clap::value_parser!(u16).range(1..=1000))]
    pub breaker_failures: u16,
    /// Time between two looks whether it answers again; a whole second at least
    #[arg(long, env = "IMGFILTER_BREAKER_PAUSE", value_name = "DURATION", default_value = "2s",
          value_parser = parse_duration)]
    pub breaker_pause: Duration,
    /// Unknown keys that one address may try in a minute; then it is refused with too_many_requests, but for keys that
    /// were found good a moment ago. An IPv6 address counts without its last 64 bits. 0: no limit
    #[arg(long, env = "IMGFILTER_KEY_MISSES", value_name = "COUNT", default_value_t = 30)]
    pub key_misses: u32,
    /// Database connections of each nginx worker process, for looking up keys
    #[arg(long, env = "IMGFILTER_KEY_THREADS", value_name = "COUNT", default_value_t = 2,
          value_parser = clap::value_parser!(u16).range(1..=64))]
    pub key_threads: u16,
    /// Requests of each nginx worker process that may wait for one kind of its threads; more are refused at once, with
    /// database_unavailable or overloaded
    #[arg(long, env = "IMGFILTER_MAX_WAITING", value_name = "COUNT", default_value_t = 1024,
          value_parser = clap::value_parser!(u16).range(1..=32_768))]
    pub max_waiting: u16,
}

/// What an address may use without a key; an IPv6 address counts without its last 64 bits.
#[derive(Debug, Clone, Args)]
pub struct AnonymousQuota {
    /// Uploads without a key from one address on a day of UTC; more are refused with requests_quota_exceeded. 0: no
    /// limit
    #[arg(long, env = "IMGFILTER_ANONYMOUS_REQUESTS", value_name = "COUNT", default_value_t = 0,
          value_parser = clap::value_parser!(u64).range(0..=MAX_QUOTA))]
    pub anonymous_requests: u64,
    /// Bytes of images without a key from one address on a day of UTC; more are refused with bytes_quota_exceeded. 0: no
    /// limit
    #[arg(long, env = "IMGFILTER_ANONYMOUS_BYTES", value_name = "BYTES", default_value_t = 0,
          value_parser = clap::value_parser!(u64).range(0..=MAX_QUOTA))]
    pub anonymous_bytes: u64,
    /// Megapixels without a key from one address on a day of UTC, all frames of an image once for each result; more are
    /// refused with megapixels_quota_exceeded. 0: no limit
    #[arg(long, env = "IMGFILTER_ANONYMOUS_MEGAPIXELS", value_name = "MEGAPIXELS", default_value_t = 0,
          value_parser = clap::value_parser!(u64).range(0..=MAX_QUOTA))]
    pub anonymous_megapixels: u64,
    /// Tasks without a key from one address that have not ended; more are refused with open_tasks_exceeded. 0: no limit
    #[arg(long, env = "IMGFILTER_ANONYMOUS_OPEN_TASKS", value_name = "COUNT", default_value_t = 0,
          value_parser = clap::value_parser!(u64).range(0..=MAX_QUOTA))]
    pub anonymous_open_tasks: u64,
}

/// Uploads that are sent in pieces (tus).
#[derive(Debug, Clone, Args)]
pub struct Uploads {
    /// Name of this edge among those behind one load balancer: 1 to 16 lower-case letters and digits. An upload in
    /// pieces is called after the edge that has it
    #[arg(long, env = "IMGFILTER_EDGE_NAME", value_name = "NAME", default_value = "edge", value_parser = edge_name)]
    pub edge_name: String,
    /// Unfinished uploads in pieces that an edge holds at a time; more are refused with too_many_uploads
    #[arg(long, env = "IMGFILTER_MAX_UPLOADS", value_name = "COUNT", default_value_t = 10_000)]
    pub max_uploads: u32,
    /// Unfinished uploads in pieces of one owner, or without a key of one address, at an edge since nginx was started
    /// there; more are refused with too_many_uploads
    #[arg(long, env = "IMGFILTER_MAX_UPLOADS_OF_CLIENT", value_name = "COUNT", default_value_t = 100)]
    pub max_uploads_of_client: u32,
}

fn edge_name(text: &str) -> Result<String, String> {
    crate::nginx::is_edge_name(text)
        .then(|| text.to_owned())
        .ok_or_else(|| "must be 1 to 16 lower-case letters and digits".to_owned())
}

/// Which tasks are fast.
#[derive(Debug, Clone, Args)]
pub struct Lanes {
    /// An upload whose estimated cost is up to this many milliseconds goes into the fast lane
    #[arg(long, env = "IMGFILTER_FAST_LANE_MS", value_name = "MILLISECONDS", default_value_t = 500)]
    pub fast_lane_ms: u32,
    /// By how much estimated costs are multiplied: what `imgfilter calibrate` says on a worker's machine
    #[arg(long, env = "IMGFILTER_COST_SCALE", value_name = "FACTOR", default_value_t = 1.0, value_parser = cost_scale)]
    pub cost_scale: f64,
}

fn cost_scale(text: &str) -> Result<f64, String> {
    text.parse()
        .ok()
        .filter(|scale| (0.01..=100.0).contains(scale))
        .ok_or_else(|| "must be 0.01 to 100".to_owned())
}

impl Lanes {
    /// The lane of a task of this estimated cost: `fast` or `slow`.
    pub fn lane(&self, cost_ms: f64) -> &'static str {
        if cost_ms * self.cost_scale > f64::from(self.fast_lane_ms) { "slow" } else { "fast" }
    }
}
