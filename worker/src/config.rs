//! Every setting of the service, declared once: name, unit, default and explanation.
//!
//! A setting is an environment variable `IMGFILTER_…`, or the option of the same name. The help texts are the
//! documentation: `imgfilter config --markdown` prints them, `--example` makes an environment file of them.
//! Durations are a number and a unit (`250ms`, `5s`, `2m`, `24h`, `7d`); without a unit, seconds.

mod document;
mod downloads;
mod duration;
mod edge;
mod events;
mod front;
mod limits;
mod logs;
mod metrics;
mod notify;
mod secret;

use std::path::PathBuf;
use std::time::Duration;

use clap::Args;
use imgfilter_filters::Preset;
use thiserror::Error;

pub use crate::engine::sandbox::Sandbox;
pub use document::{example, markdown};
pub use downloads::{Bringer, Downloads};
use duration::within;
pub use duration::{DurationMistake, parse as parse_duration};
pub use edge::{AccessLogFormat, AnonymousQuota, Edge, Lanes, Listener, MAX_COUNTED, MAX_QUOTA, Pressure};
pub use events::Events;
pub use front::{Balancer, Front, words};
pub use limits::{ChainLimits, ImageLimits};
pub use logs::{LogForm, Logs, Traces};
pub use metrics::{NotifyMetrics, Place, Scaling, WorkerMetrics};
pub use notify::{Mail, Messages, Notifier, Notify, Push, Sms, Sns, Webhooks};
pub use secret::Secret;

/// A setting that is missing or cannot be used.
#[derive(Debug, Error)]
pub enum ConfigError {
    /// A setting without a default was not given.
    #[error("{0} is not set (nor {0}_FILE)")]
    Missing(&'static str),
    /// A secret's file could not be read.
    #[error("cannot read {path}, named by {name}_FILE")]
    SecretFile {
        /// The setting.
        name: &'static str,
        /// The file it names.
        path: PathBuf,
        /// Why it could not be read.
        source: std::io::Error,
    },
    /// A value that cannot be used.
    #[error("{name}: {reason}")]
    Invalid {
        /// The setting.
        name: &'static str,
        /// What is wrong with it; never quotes a secret.
        reason: String,
    },
}

/// The database, as the worker sees it.
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "Database")]
pub struct Database {
    /// PostgreSQL for the worker: a URL, or `host=… user=…`; the role imgfilter_worker, which may call its functions
    /// and nothing else
    #[arg(
        long,
        env = "IMGFILTER_DATABASE_URL",
        hide_env_values = true,
        value_name = "URL",
        default_value = "postgresql://imgfilter_worker@localhost/imgfilter"
    )]
    pub database_url: Secret,
    /// File that holds IMGFILTER_DATABASE_URL
    #[arg(long, env = "IMGFILTER_DATABASE_URL_FILE", value_name = "PATH")]
    pub database_url_file: Option<PathBuf>,
    /// How long one call of the database may take
    #[arg(long, env = "IMGFILTER_DATABASE_TIMEOUT", value_name = "DURATION", default_value = "5s",
          value_parser = parse_duration)]
    pub database_timeout: Duration,
}

impl Database {
    /// Where the database is, and as whom.
    pub fn url(&self) -> Result<Secret, ConfigError> {
        secret::with_default("IMGFILTER_DATABASE_URL", &self.database_url, &self.database_url_file)
    }
}

/// The database, as the one who owns the schema sees it.
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "Database")]
pub struct Migrate {
    /// PostgreSQL for `imgfilter migrate`, `key`, `link`, `queue`, `erase` and `doctor`: a role that may create roles and owns the
    /// schema
    #[arg(
        long,
        env = "IMGFILTER_MIGRATE_DATABASE_URL",
        hide_env_values = true,
        value_name = "URL",
        default_value = "postgresql://postgres@localhost/imgfilter"
    )]
    pub migrate_database_url: Secret,
    /// File that holds IMGFILTER_MIGRATE_DATABASE_URL
    #[arg(long, env = "IMGFILTER_MIGRATE_DATABASE_URL_FILE", value_name = "PATH")]
    pub migrate_database_url_file: Option<PathBuf>,
}

impl Migrate {
    /// Where the database is, and as whom.
    pub fn url(&self) -> Result<Secret, ConfigError> {
        secret::with_default(
            "IMGFILTER_MIGRATE_DATABASE_URL",
            &self.migrate_database_url,
            &self.migrate_database_url_file,
        )
    }
}

/// The S3 that keeps originals and results.
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "Object store")]
pub struct S3 {
    /// URL of the S3 service, without the bucket
    #[arg(long, env = "IMGFILTER_S3_ENDPOINT", value_name = "URL", default_value = "http://127.0.0.1:9000")]
    pub s3_endpoint: String,
    /// Region that requests are signed for
    #[arg(long, env = "IMGFILTER_S3_REGION", value_name = "NAME", default_value = "us-east-1")]
    pub s3_region: String,
    /// Bucket; path-style addresses are used
    #[arg(long, env = "IMGFILTER_S3_BUCKET", value_name = "NAME", default_value = "imgfilter")]
    pub s3_bucket: String,
    /// How long one request to S3 may take
    #[arg(long, env = "IMGFILTER_S3_TIMEOUT", value_name = "DURATION", default_value = "30s",
          value_parser = parse_duration)]
    pub s3_timeout: Duration,
    /// Who may use the store.
    #[command(flatten)]
    pub credentials: S3Credentials,
}

/// The key pair of the S3.
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "Object store")]
pub struct S3Credentials {
    /// Access key of the S3
    #[arg(long, env = "IMGFILTER_S3_ACCESS_KEY", hide_env_values = true, value_name = "KEY")]
    pub s3_access_key: Option<Secret>,
    /// File that holds IMGFILTER_S3_ACCESS_KEY
    #[arg(long, env = "IMGFILTER_S3_ACCESS_KEY_FILE", value_name = "PATH")]
    pub s3_access_key_file: Option<PathBuf>,
    /// Secret key of the S3
    #[arg(long, env = "IMGFILTER_S3_SECRET_KEY", hide_env_values = true, value_name = "KEY")]
    pub s3_secret_key: Option<Secret>,
    /// File that holds IMGFILTER_S3_SECRET_KEY
    #[arg(long, env = "IMGFILTER_S3_SECRET_KEY_FILE", value_name = "PATH")]
    pub s3_secret_key_file: Option<PathBuf>,
}

impl S3Credentials {
    /// Access key and secret key. Both are needed.
    pub fn pair(&self) -> Result<(Secret, Secret), ConfigError> {
        Ok((
            secret::required("IMGFILTER_S3_ACCESS_KEY", &self.s3_access_key, &self.s3_access_key_file)?,
            secret::required("IMGFILTER_S3_SECRET_KEY", &self.s3_secret_key, &self.s3_secret_key_file)?,
        ))
    }
}

/// Key pairs that the embedded store takes beside the one that is in use, while that is changed.
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "Object store")]
pub struct OldKeys {
    /// Further key pairs that the embedded store takes while a new one is handed out: ACCESS_KEY:SECRET_KEY, several with
    /// commas
    #[arg(long, env = "IMGFILTER_STORE_OLD_KEYS", hide_env_values = true, value_name = "PAIRS")]
    pub store_old_keys: Option<Secret>,
    /// File that holds IMGFILTER_STORE_OLD_KEYS
    #[arg(long, env = "IMGFILTER_STORE_OLD_KEYS_FILE", value_name = "PATH")]
    pub store_old_keys_file: Option<PathBuf>,
}

impl OldKeys {
    /// The pairs, each with its access key first.
    pub fn pairs(&self) -> Result<Vec<(String, Secret)>, ConfigError> {
        let name = "IMGFILTER_STORE_OLD_KEYS";
        let text = secret::optional(name, &self.store_old_keys, &self.store_old_keys_file)?;
        let text = text.as_ref().map(Secret::reveal).unwrap_or_default();
        let pairs = text.split(',').map(str::trim).filter(|pair| !pair.is_empty());
        let broken = || ConfigError::Invalid { name, reason: "not ACCESS_KEY:SECRET_KEY".to_owned() };
        pairs.map(|pair| secret::pair(pair).ok_or_else(broken)).collect()
    }
}

/// Download links and the address they begin with.
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "Links")]
pub struct Links {
    /// What every URL that is handed out begins with; a path prefix is allowed
    #[arg(long, env = "IMGFILTER_PUBLIC_URL", value_name = "URL", default_value = "http://127.0.0.1:8080")]
    pub public_url: String,
    /// The longest life of a link, counted from when it was made: what a key with the scope lasting may ask for, and how far
    /// `imgfilter link extend` goes. An interval of the calendar in PostgreSQL's words
    #[arg(long, env = "IMGFILTER_MAX_LINK_LIFE", value_name = "INTERVAL", default_value = "1 year")]
    pub max_link_life: String,
    /// Keys that sign links: `number:base64 of 32 bytes`, separated by commas. The first signs, all verify; a key may
    /// go when its last link has ended. `imgfilter link-key` makes one
    #[arg(long, env = "IMGFILTER_LINK_KEYS", hide_env_values = true, value_name = "KEYS")]
    pub link_keys: Option<Secret>,
    /// File that holds IMGFILTER_LINK_KEYS
    #[arg(long, env = "IMGFILTER_LINK_KEYS_FILE", value_name = "PATH")]
    pub link_keys_file: Option<PathBuf>,
}

impl Links {
    /// The list of signing keys, as it was written.
    pub fn keys(&self) -> Result<Secret, ConfigError> {
        secret::required("IMGFILTER_LINK_KEYS", &self.link_keys, &self.link_keys_file)
    }
}

/// What chains may name beside filters.
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "Filters")]
pub struct Assets {
    /// Folder of files that chains name: images/ for watermarks and blending, luts/ for colour tables, fonts/ for texts. It need not exist
    #[arg(long, env = "IMGFILTER_ASSETS", value_name = "PATH", default_value = "/etc/imgfilter/assets")]
    pub assets: PathBuf,
    /// Folder of presets, which chains name as `preset(name)`: a chain in each file NAME.chain. It need not exist.
    /// `imgfilter presets` checks it
    #[arg(long, env = "IMGFILTER_PRESETS", value_name = "PATH", default_value = "/etc/imgfilter/presets")]
    pub presets: PathBuf,
}

impl Assets {
    /// Lets the filters of this process find the files.
    pub fn open(&self) {
        imgfilter_filters::set_assets_folder(Some(&self.assets));
    }

    /// Reads the presets too, and gives them.
    pub fn open_with_presets(
        &self,
        limits: &imgfilter_filters::ChainLimits,
    ) -> Result<Vec<Preset>, ConfigError> {
        self.open();
        let presets = imgfilter_filters::read_presets(&self.presets, limits).map_err(|mistakes| {
            let reasons: Vec<String> = mistakes.iter().map(ToString::to_string).collect();
            ConfigError::Invalid { name: "IMGFILTER_PRESETS", reason: reasons.join("\n") }
        })?;
        imgfilter_filters::set_presets(presets.clone());
        Ok(presets)
    }
}

/// How the worker works.
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "Worker")]
pub struct Worker {
    /// Images filtered at the same time, each by an engine, a process of its own; 0 means one for each core. Slow images
    /// get all but one of them. An image that is alone gets as many threads
    #[arg(long, env = "IMGFILTER_WORKER_THREADS", value_name = "THREADS", default_value_t = 0)]
    pub worker_threads: usize,
    /// How long a claimed task stays a worker's without a sign of life for it
    #[arg(long, env = "IMGFILTER_LEASE", value_name = "DURATION", default_value = "60s", value_parser = parse_duration)]
    pub lease: Duration,
    /// Coming and going.
    #[command(flatten)]
    pub presence: Presence,
    /// Time between two looks into an empty queue, give or take a quarter
    #[arg(long, env = "IMGFILTER_POLL", value_name = "DURATION", default_value = "250ms", value_parser = parse_duration)]
    pub poll: Duration,
    /// How long the filters may work on one task; then it ends with deadline_exceeded
    #[arg(long, env = "IMGFILTER_TASK_DEADLINE", value_name = "DURATION", default_value = "30s",
          value_parser = parse_duration)]
    pub task_deadline: Duration,
    /// Memory for images that a worker has claimed, in bytes, by the engine's estimate; half of it is the fast lane's.
    /// What does not fit stays in the queue; what needs more than a half has it for itself
    #[arg(long, env = "IMGFILTER_MEMORY_BUDGET", value_name = "BYTES", default_value_t = 2_147_483_648)]
    pub memory_budget: u64,
    /// Most memory of one engine, in bytes; one that wants more breaks off, and its task with it
    #[arg(long, env = "IMGFILTER_ENGINE_MEMORY", value_name = "BYTES", default_value_t = 4_294_967_296)]
    pub engine_memory: u64,
    /// Whether engines are shut in, away from files, network and most calls of the kernel (Landlock, seccomp): `auto` as
    /// far as this kernel can, `require` wholly or not at all, `off`
    #[arg(long, env = "IMGFILTER_SANDBOX", value_name = "MODE", value_enum, default_value_t = Sandbox::Auto)]
    pub sandbox: Sandbox,
    /// Life of a download link: an interval of the calendar in PostgreSQL's words
    #[arg(long, env = "IMGFILTER_LINK_LIFE", value_name = "INTERVAL", default_value = "3 months")]
    pub link_life: String,
    /// How long a letter waits for the small picture of its result; it goes without when the engines have more to do. It
    /// has a place at the mail server meanwhile
    #[arg(long, env = "IMGFILTER_PREVIEW_PATIENCE", value_name = "DURATION", default_value = "2s",
          value_parser = parse_duration)]
    pub preview_patience: Duration,
}

/// How a worker, or whoever is known as one, comes and goes.
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "Worker")]
pub struct Presence {
    /// Time between two signs of life; a worker that missed four of them is taken for dead
    #[arg(long, env = "IMGFILTER_BEAT", value_name = "DURATION", default_value = "5s", value_parser = parse_duration)]
    pub beat: Duration,
    /// How long a worker that was asked to end may finish what it has begun; the rest is given back
    #[arg(long, env = "IMGFILTER_DRAIN", value_name = "DURATION", default_value = "30s", value_parser = parse_duration)]
    pub drain: Duration,
}

impl Worker {
    /// The number of slots: [`Worker::worker_threads`], or the cores of this machine.
    pub fn slots(&self) -> usize {
        match self.worker_threads {
            0 => std::thread::available_parallelism().map_or(1, usize::from),
            threads => threads,
        }
    }

    /// [`Worker::memory_budget`] in MiB.
    pub fn memory_budget_mib(&self) -> u32 {
        u32::try_from(self.memory_budget >> 20).unwrap_or(u32::MAX)
    }
}

/// What is removed, and when.
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "Cleanup")]
pub struct Cleanup {
    /// Time between two cleanups by the worker; one at a time over all workers. 0 leaves it to cron
    #[arg(long, env = "IMGFILTER_CLEANUP_EVERY", value_name = "DURATION", default_value = "10m",
          value_parser = parse_duration)]
    pub cleanup_every: Duration,
    /// Objects and spooled files that belong to no one are spared while they are younger: their task may be on its way. At
    /// least an hour
    #[arg(long, env = "IMGFILTER_ORPHAN_AGE", value_name = "DURATION", default_value = "24h",
          value_parser = parse_duration)]
    pub orphan_age: Duration,
    /// Allow IMGFILTER_ORPHAN_AGE to be less than an hour: only while nothing is uploaded, or originals are deleted of which
    /// the client hears that they are taken
    #[arg(long, env = "IMGFILTER_ORPHAN_AGE_UNSAFE", value_name = "BOOL", default_value_t = false,
          action = clap::ArgAction::Set)]
    pub orphan_age_unsafe: bool,
    /// How long an original is kept, and can be filtered again, after its last task has ended
    #[arg(long, env = "IMGFILTER_ORIGINAL_LIFE", value_name = "DURATION", default_value = "24h",
          value_parser = parse_duration)]
    pub original_life: Duration,
    /// How long a task can be asked about after it has ended and its links with it
    #[arg(long, env = "IMGFILTER_TASK_LIFE", value_name = "DURATION", default_value = "30d",
          value_parser = parse_duration)]
    pub task_life: Duration,
    /// How long a notification can be asked about, and sent once more, after it has ended
    #[arg(long, env = "IMGFILTER_DELIVERY_LIFE", value_name = "DURATION", default_value = "30d",
          value_parser = parse_duration)]
    pub delivery_life: Duration,
    /// How long an upload in pieces may wait for its next piece before it is removed
    #[arg(long, env = "IMGFILTER_UPLOAD_LIFE", value_name = "DURATION", default_value = "24h",
          value_parser = parse_duration)]
    pub upload_life: Duration,
    /// Where the edge spools uploads; only looked at where it exists
    #[arg(long, env = "IMGFILTER_SPOOL", value_name = "PATH", default_value = "/var/lib/imgfilter/spool")]
    pub spool: PathBuf,
}

/// The least [`Cleanup::orphan_age`]: an upload has long been stored and taken by then, or never will be.
const LEAST_ORPHAN_AGE: Duration = Duration::from_secs(3600);

impl Cleanup {
    /// Refuses ages at which what is just being uploaded would be removed.
    pub fn check(&self) -> Result<(), ConfigError> {
        if self.orphan_age >= LEAST_ORPHAN_AGE || self.orphan_age_unsafe {
            return Ok(());
        }
        Err(ConfigError::Invalid {
            name: "IMGFILTER_ORPHAN_AGE",
            reason: "less than an hour: what is just being uploaded would be removed".to_owned(),
        })
    }
}
