//! The command line: which subcommands there are, and exit codes.

use std::error::Error;
use std::process::ExitCode;

use clap::{CommandFactory, FromArgMatches, Parser, Subcommand};

use crate::{cmd, config, logging};

/// Filters images: the daemon, its upkeep, and the same filters on local files.
#[derive(Debug, Parser)]
#[command(name = "imgfilter", version, max_term_width = 110)]
pub struct Cli {
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
    #[command(flatten)]
    logs: config::Logs,
}

/// The subcommands, each in a file of its own under `cmd/`.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Take tasks from the queue, filter, store, and tell: the daemon
    Worker(Box<cmd::worker::Options>),
    /// Remove expired links with their objects, spent originals, orphans and old rows
    Cleanup(cmd::cleanup::Options),
    /// Erase all that an owner has, or a task: originals, results, links and what was told of them
    Erase(cmd::erase::Options),
    /// Run a chain of filters over a local file
    Apply(cmd::apply::Options),
    /// Tell what a chain would do with an image, and what it would cost
    Explain(cmd::explain::Options),
    /// Measure how fast this machine is, for the estimates that choose a task's lane
    Calibrate(cmd::calibrate::Options),
    /// Filter for a worker: started by it, and by nobody else
    #[command(hide = true)]
    Engine(cmd::engine::Options),
    /// Serve the embedded S3 store; or set up the bucket of any store
    Store(cmd::store::Options),
    /// Bring the database's schema, functions and roles up to date
    Migrate(cmd::migrate::Options),
    /// Make, list and revoke API keys
    Key(cmd::key::Options),
    /// List, revoke and extend links, and tell which keys they need
    Link(cmd::link::Options),
    /// Look into the queue, put back what has failed, cancel, drain workers
    Queue(cmd::queue::Options),
    /// Send notifications
    Notify(cmd::notify::Options),
    /// Write the generated nginx configuration
    NginxConfig(Box<cmd::nginx_config::Options>),
    /// Write the nginx configuration of a load balancer before several edges
    BalancerConfig(Box<cmd::balancer_config::Options>),
    /// List the filters and their parameters
    Filters(cmd::filters::Options),
    /// Check the operator's presets and list them
    Presets(cmd::presets::Options),
    /// Say what is wrong with this installation, and how to mend it
    Doctor(cmd::doctor::Options),
    /// List every setting, its unit and its default
    Config(cmd::config::Options),
    /// List every metric, its labels and what to do with it
    Metrics(cmd::metrics::Options),
    /// Write manual pages, and completions for bash, zsh and fish
    Manual(cmd::manual::Options),
    /// Make a new key for IMGFILTER_LINK_KEYS
    LinkKey(cmd::link_key::Options),
    /// Make a new IMGFILTER_WEBHOOK_SECRET
    WebhookSecret,
    /// Make a new pair of keys for web push
    VapidKey,
}

/// What a subcommand ends with.
pub type Outcome = Result<ExitCode, Box<dyn Error + Send + Sync>>;

/// Runs the command line of this process to its end. Errors are told on standard error, with their causes; exit code 1,
/// or 2 for a command line that makes no sense.
pub fn run() -> ExitCode {
    let matches = Cli::command().get_matches();
    let cli = Cli::from_arg_matches(&matches).unwrap_or_else(|error| error.exit());
    let given = matches.subcommand().map(|(_, given)| given).unwrap_or(&matches);
    logging::start(cli.logs.log);
    // One TLS provider for everything that speaks TLS in this process; set twice only by tests, which is harmless.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let outcome = match cli.command {
        Command::Worker(options) => cmd::worker::run(*options),
        Command::Cleanup(options) => cmd::cleanup::run(options),
        Command::Erase(options) => cmd::erase::run(&options),
        Command::Apply(options) => cmd::apply::run(&options),
        Command::Explain(options) => cmd::explain::run(&options),
        Command::Store(options) => cmd::store::run(options),
        Command::Migrate(options) => cmd::migrate::run(&options),
        Command::Key(options) => cmd::key::run(&options),
        Command::Link(options) => cmd::link::run(&options),
        Command::Queue(options) => cmd::queue::run(&options),
        Command::Notify(options) => cmd::notify::run(options),
        Command::NginxConfig(options) => cmd::nginx_config::run(&options, given),
        Command::BalancerConfig(options) => cmd::balancer_config::run(&options),
        Command::Calibrate(options) => cmd::calibrate::run(&options),
        Command::Engine(options) => cmd::engine::run(&options),
        Command::Filters(options) => cmd::filters::run(&options),
        Command::Presets(options) => cmd::presets::run(&options),
        Command::Doctor(options) => cmd::doctor::run(&options),
        Command::Config(options) => cmd::config::run(&options),
        Command::Metrics(options) => cmd::metrics::run(&options),
        Command::Manual(options) => cmd::manual::run(&options, Cli::command()),
        Command::LinkKey(options) => cmd::link_key::run(&options),
        Command::WebhookSecret => cmd::webhook_secret::run(),
        Command::VapidKey => cmd::vapid_key::run(),
    };
    outcome.unwrap_or_else(|error| {
        eprintln!("imgfilter: {}", with_causes(error.as_ref()));
        ExitCode::FAILURE
    })
}

/// An error and what caused it, on one line.
pub fn with_causes(error: &dyn Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(next) = cause {
        let next_text = next.to_string();
        if !text.contains(&next_text) {
            text = format!("{text}: {next_text}");
        }
        cause = next.source();
    }
    text
}
