//! `imgfilter nginx-config`: the generated part of the nginx configuration.

use std::path::PathBuf;
use std::process::ExitCode;

use clap::parser::ValueSource;
use clap::{ArgMatches, Args};
use imgfilter_api::channel::Channel;

use crate::cli::Outcome;
use crate::config;
use crate::nginx::{self, Parts};

/// Settings that the edge's Lua side reads; it finds them with their defaults filled in.
const READ_BY_LUA: [&str; 66] = [
    "ANONYMOUS",
    "ANONYMOUS_BYTES",
    "ANONYMOUS_MEGAPIXELS",
    "ANONYMOUS_OPEN_TASKS",
    "ANONYMOUS_REQUESTS",
    "ANONYMOUS_WEBHOOK",
    "ASSETS",
    "BREAKER_FAILURES",
    "BREAKER_PAUSE",
    "CACHE",
    "CDN_MAX_AGE",
    "COST_SCALE",
    "DATABASE_TIMEOUT",
    "DOWNLOADS",
    "EDGE_DATABASE_CONNECTIONS",
    "EDGE_NAME",
    "FAST_LANE_MS",
    "KEY_MISSES",
    "KEY_THREADS",
    "LINK_LIFE",
    "LINK_MEMORY",
    "LINK_MISSES",
    "LUA_DIR",
    "MAX_ATTEMPTS",
    "MAX_BODY",
    "MAX_CHAIN_FILTERS",
    "MAX_CHAIN_LENGTH",
    "MAX_DIMENSION",
    "MAX_EQUATION_DEPTH",
    "MAX_EQUATION_LENGTH",
    "MAX_EQUATION_OPERATIONS",
    "MAX_FILTERS",
    "MAX_FRAMES",
    "MAX_LINK_LIFE",
    "MAX_OUTPUT_DIMENSION",
    "MAX_PIXELS",
    "MAX_QUEUE",
    "MAX_QUEUE_AGE",
    "MAX_TARGETS",
    "MAX_TASK_BODY",
    "MAX_TOTAL_PIXELS",
    "MAX_UPLOADS",
    "MAX_UPLOADS_OF_CLIENT",
    "MAX_WAIT",
    "MAX_WAITING",
    "MAX_WATCHERS",
    "NATIVE_LIBRARY",
    "NATIVE_THREADS",
    "PRESETS",
    "PRESETS_ONLY",
    "PRESIGNED_ENDPOINT",
    "PRESIGNED_LIFE",
    "PUBLIC_URL",
    "PUSH_HOSTS",
    "RUNTIME_DIR",
    "S3_BUCKET",
    "S3_ENDPOINT",
    "S3_REGION",
    "S3_TIMEOUT",
    "SPOOL",
    "SPOOL_RESERVE",
    "STREAM_HEARTBEAT",
    "STREAM_LIFE",
    "STREAM_RETRY",
    "UPLOAD_LIFE",
    "WEBHOOK_INSECURE",
];

/// Settings that it reads where they are given.
const OPTIONS_READ_BY_LUA: [&str; 3] = ["EDGE_METRICS", "SNS_TOPICS", "VAPID_PUBLIC_KEY"];

/// Secrets that it reads, each also as `…_FILE`. Their values do not go into the file, unless they are the default.
const SECRETS_READ_BY_LUA: [&str; 5] =
    ["EDGE_DATABASE_URL", "LINK_KEYS", "S3_ACCESS_KEY", "S3_SECRET_KEY", "WEBHOOK_SECRET"];

/// The one among them that is none: the name of a key pair. It goes into the file, because an nginx that takes over from
/// another has that one's environment, and would sign with the old name and the new secret.
const NAME_OF_A_KEY: &str = "S3_ACCESS_KEY";

/// What it reads of the channels that are on. No setting: they follow from those of each.
const CHANNELS: &str = "CHANNELS";

/// Options of `imgfilter nginx-config`.
#[derive(Debug, Args)]
pub struct Options {
    /// File to write; without it standard output
    #[arg(short, long, value_name = "FILE")]
    output: Option<PathBuf>,
    #[command(flatten)]
    edge: config::Edge,
    #[command(flatten)]
    s3: config::S3,
    #[command(flatten)]
    limits: config::ImageLimits,
    #[command(flatten)]
    assets: config::Assets,
    #[command(flatten)]
    links: config::Links,
    #[command(flatten)]
    database: config::Database,
    #[command(flatten)]
    worker: config::Worker,
    #[command(flatten)]
    notify: config::Notify,
    #[command(flatten)]
    cleanup: config::Cleanup,
}

/// Writes the file that `nginx -c` is given. `matches` are the options as they were given, with their defaults.
pub fn run(options: &Options, matches: &ArgMatches) -> Outcome {
    let parts = Parts {
        edge: &options.edge,
        chains: &options.limits.chains,
        s3: &options.s3,
        spool: &options.cleanup.spool,
        environment: environment(matches, &options.notify),
    };
    let file = nginx::render(&parts)?;
    match &options.output {
        None => print!("{file}"),
        Some(path) => super::replace_file(path, file.as_bytes())
            .map_err(|error| format!("cannot write {}: {error}", path.display()))?,
    }
    Ok(ExitCode::SUCCESS)
}

/// The environment that Lua reads: names, and values but for those of secrets.
///
/// Backwards by name, because `os.getenv` of nginx's Lua takes the first variable whose name the wanted one
/// begins with: after `ANONYMOUS` it would never find `ANONYMOUS_WEBHOOK`.
pub(crate) fn environment(matches: &ArgMatches, notify: &config::Notify) -> Vec<(String, Option<String>)> {
    let mut environment = vec![(variable(CHANNELS), Some(channels(notify).join(",")))];
    for name in READ_BY_LUA.into_iter().chain(OPTIONS_READ_BY_LUA) {
        environment.push((variable(name), Some(value(matches, name))));
    }
    for name in SECRETS_READ_BY_LUA {
        let is_default = matches.value_source(&option(name)) == Some(ValueSource::DefaultValue);
        let in_a_file = !value(matches, &format!("{name}_file")).is_empty();
        let shown = is_default || name == NAME_OF_A_KEY && !value(matches, name).is_empty();
        environment.push((variable(name), (shown && !in_a_file).then(|| value(matches, name))));
        environment.push((format!("{}_FILE", variable(name)), None));
    }
    environment.sort_by(|one, other| other.0.cmp(&one.0));
    environment
}

/// Names of the channels that an owner may choose. An edge needs no secrets of others but those that it tells owners of, so
/// it goes by what stands beside them.
fn channels(notify: &config::Notify) -> Vec<&'static str> {
    let webhooks = &notify.webhooks;
    let on = |channel| match channel {
        Channel::Webhook => webhooks.webhook_secret.is_some() || webhooks.webhook_secret_file.is_some(),
        Channel::Email => notify.mail.mail_from.is_some(),
        Channel::Push => notify.push.vapid_public_key.is_some(),
        Channel::Sms => notify.messages.sms != config::Sms::Off,
        Channel::Topic => !notify.sns.topics().is_empty(),
    };
    Channel::ALL.into_iter().filter(|channel| on(*channel)).map(Channel::as_str).collect()
}

fn variable(name: &str) -> String {
    format!("IMGFILTER_{name}")
}

fn option(name: &str) -> String {
    name.to_ascii_lowercase()
}

/// A setting as it was written, or its default as it is declared: of a list, all of it with commas between.
fn value(matches: &ArgMatches, name: &str) -> String {
    let raw = matches.get_raw(&option(name)).into_iter().flatten();
    raw.map(|raw| raw.to_string_lossy()).collect::<Vec<_>>().join(",")
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::{Command, FromArgMatches};

    fn rendered(arguments: &[&str]) -> Result<String, nginx::NginxError> {
        let matches = Options::augment_args(Command::new("nginx-config")).get_matches_from(arguments);
        let options = Options::from_arg_matches(&matches).unwrap();
        nginx::render(&Parts {
            edge: &options.edge,
            chains: &options.limits.chains,
            s3: &options.s3,
            spool: &options.cleanup.spool,
            environment: environment(&matches, &options.notify),
        })
    }

    #[test]
    fn everything_that_lua_reads_has_a_value() {
        let matches = Options::augment_args(Command::new("nginx-config")).get_matches_from(["nginx-config"]);
        for name in READ_BY_LUA {
            assert!(!value(&matches, name).is_empty(), "{name}");
        }
    }

    #[test]
    fn no_variable_hides_one_whose_name_begins_with_its_own() {
        let matches = Options::augment_args(Command::new("nginx-config")).get_matches_from(["nginx-config"]);
        let options = Options::from_arg_matches(&matches).unwrap();
        let names: Vec<String> =
            environment(&matches, &options.notify).into_iter().map(|(name, _)| name).collect();
        let settings = READ_BY_LUA.len() + OPTIONS_READ_BY_LUA.len() + 2 * SECRETS_READ_BY_LUA.len();
        assert_eq!(names.len(), settings + 1);
        for (index, name) in names.iter().enumerate() {
            let hidden = names[index + 1..].iter().find(|later| later.starts_with(name));
            assert_eq!(hidden, None, "by {name}");
        }
    }

    #[test]
    fn channels_are_on_when_their_settings_are_there() {
        let none = rendered(&["nginx-config"]).unwrap();
        assert!(none.contains("env \"IMGFILTER_CHANNELS=\";"));
        let all = rendered(&[
            "nginx-config",
            "--webhook-secret-file=/etc/imgfilter/webhook-secret",
            "--mail-from=us@example.com",
            "--vapid-public-key=BA",
            "--sms=http",
            "--sns-topics=arn:aws:sns:eu-central-1:123456789012:a,arn:aws:sns:eu-central-1:123456789012:b*",
        ]);
        let all = all.unwrap();
        assert!(all.contains("env \"IMGFILTER_CHANNELS=webhook,email,push,sms,topic\";"));
        assert!(all.contains(":a,arn:aws:sns:eu-central-1:123456789012:b*\";"), "a list is whole");
    }

    #[test]
    fn secrets_do_not_stand_in_the_file() {
        let file =
            rendered(&["nginx-config", "--s3-secret-key=hunter2", "--edge-database-url=password=hunter2"]);
        let file = file.unwrap();
        assert!(!file.contains("hunter2"));
        assert!(file.contains("env IMGFILTER_S3_SECRET_KEY_FILE;\nenv IMGFILTER_S3_SECRET_KEY;\n"));
        assert!(file.contains("env IMGFILTER_EDGE_DATABASE_URL;\n"));
    }

    #[test]
    fn the_name_of_the_stores_key_is_no_secret() {
        let file = rendered(&["nginx-config", "--s3-access-key=name"]).unwrap();
        assert!(file.contains("env \"IMGFILTER_S3_ACCESS_KEY=name\";"), "another nginx takes over with it");
        let file = rendered(&["nginx-config", "--s3-access-key=name", "--s3-access-key-file=/name"]).unwrap();
        assert!(file.contains("env IMGFILTER_S3_ACCESS_KEY;"));
    }

    #[test]
    fn threads_are_as_many_as_asked_for() {
        let file = rendered(&["nginx-config", "--key-threads=3", "--native-threads=4"]).unwrap();
        assert!(
            file.contains("thread_pool keys threads=3 ") && file.contains("thread_pool native threads=4 ")
        );
        assert!(file.contains("env \"IMGFILTER_KEY_THREADS=3\";"), "Lua lets as many in");
    }

    #[test]
    fn a_body_of_an_order_stays_in_memory() {
        let file = rendered(&["nginx-config", "--max-task-body=5000"]).unwrap();
        assert!(file.contains("client_max_body_size 5000;"));
        assert!(file.contains(&format!("client_body_buffer_size {};", 5000 + (64 << 10))));
    }

    #[test]
    fn whoever_watches_has_a_connection() {
        let file = rendered(&["nginx-config", "--max-watchers=1000"]).unwrap();
        assert!(file.contains("worker_connections 5096;") && file.contains("worker_rlimit_nofile 11240;"));
        assert!(file.contains("limit_conn address_streams 128;"));
        let unlimited = rendered(&["nginx-config", "--address-streams=0"]).unwrap();
        assert!(
            unlimited.contains("limit_conn address_streams 65535;"),
            "that of the server must not count there"
        );
    }

    #[test]
    fn requests_are_counted_where_somebody_can_read_the_counts() {
        let without = rendered(&["nginx-config", "--edge-metrics="]).unwrap();
        assert!(!without.contains("metrics.conf") && !without.contains("counted.conf"));
        let with = rendered(&["nginx-config", "--edge-metrics=127.0.0.1:9466"]).unwrap();
        assert!(with.contains("listen 127.0.0.1:9466;\n") && with.contains("/metrics.conf\";"));
        assert_eq!(with.matches("/counted.conf\";").count(), 1, "in the one public server, and in no other");
        assert!(
            rendered(&["nginx-config", "--edge-metrics=[::1]:9466"]).unwrap().contains("listen [::1]:9466;")
        );
    }

    #[test]
    fn the_access_log_is_of_the_format_that_is_asked_for() {
        let text = rendered(&["nginx-config", "--access-log=/var/log/x"]).unwrap();
        assert!(text.contains("access_log \"/var/log/x\" imgfilter;"));
        let json =
            rendered(&["nginx-config", "--access-log=/var/log/x", "--access-log-format=json"]).unwrap();
        assert!(json.contains("access_log \"/var/log/x\" imgfilter_json;"));
    }

    #[test]
    fn listeners_are_there_when_they_are_asked_for() {
        let plain = rendered(&["nginx-config", "--port=8081"]).unwrap();
        assert!(plain.contains("listen 127.0.0.1:8081;") && !plain.contains("http2"));
        let more =
            ["--tls-port=8443", "--tls-certificate=/c.pem", "--tls-key=/k.pem", "--h2c-socket=/run/h2"];
        let all = rendered(&[&["nginx-config"], &more[..]].concat()).unwrap();
        assert!(
            all.contains("listen 127.0.0.1:8443 ssl http2;") && all.contains("ssl_certificate \"/c.pem\";")
        );
        assert!(all.contains("listen \"unix:/run/h2\" http2;"));
        assert!(rendered(&["nginx-config", "--tls-port=8443"]).is_err(), "TLS needs a certificate");
        assert!(rendered(&["nginx-config", "--s3-endpoint=ftp://x"]).is_err());
    }
}
