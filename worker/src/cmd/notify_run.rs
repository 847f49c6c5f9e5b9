//! `imgfilter notify run`: the sender by itself, apart from images, store and filters.

use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

use clap::Args;
use imgfilter_api::link::LinkKeys;
use sd_notify::NotifyState;
use tokio::sync::watch;
use tokio::task::JoinSet;

use super::block_on;
use crate::cli::Outcome;
use crate::config;
use crate::db::Db;
use crate::metrics::Teller;
use crate::metrics::listener::Listener;
use crate::notify::{Notifier, Wording};
use crate::queue::member::Member;
use crate::queue::{heartbeat, key_note};
use crate::shutdown;
use crate::spans;
use crate::systemd;

/// It holds nothing that signs of life would keep: deliveries have leases for as long as a try may take.
const LEASE: Duration = Duration::from_secs(60);

/// Options of `imgfilter notify run`.
#[derive(Debug, Args)]
pub struct Options {
    #[command(flatten)]
    presence: config::Presence,
    #[command(flatten)]
    notify: config::Notify,
    #[command(flatten)]
    links: config::Links,
    #[command(flatten)]
    database: config::Database,
    #[command(flatten)]
    traces: config::Traces,
    #[command(flatten)]
    metrics: config::NotifyMetrics,
}

/// Sends until SIGTERM or SIGINT, then waits for what is under way, gives back the rest and ends.
pub fn run(options: Options) -> Outcome {
    block_on(send(options))
}

async fn send(options: Options) -> Outcome {
    spans::start(&options.traces)?;
    let at = options.metrics.notify_metrics.0;
    let listener = Listener::bind("IMGFILTER_NOTIFY_METRICS", at, Teller::Notifier).await?;
    let member = Member::new(Db::new(&options.database)?, LEASE, &options.presence, None);
    let link_keys = LinkKeys::parse(options.links.keys()?.reveal())?;
    let signing = link_keys.signing();
    let words = Wording { public_url: options.links.public_url.clone(), link_keys, previewer: None };
    let notifier = Notifier::new(&member, &Arc::default(), &options.notify, words)?;
    let (end, ending) = watch::channel(false);
    let mut asked_to_end = std::pin::pin!(shutdown::requested());
    tokio::select! {
        () = member.enter_at_last() => {}
        _ = asked_to_end.as_mut() => return Ok(ExitCode::SUCCESS),
    }
    let mut parts = JoinSet::new();
    parts.spawn(heartbeat::run(Arc::clone(&member)));
    parts.spawn(key_note::run(Arc::clone(&member), signing));
    if let Some(listener) = listener {
        parts.spawn(listener.serve(|| {}));
    }
    let mut telling = JoinSet::new();
    telling.spawn(Arc::clone(&notifier).run(ending));
    systemd::tell(NotifyState::Ready);

    tokio::select! {
        asked = asked_to_end => asked?,
        () = member.told_to_drain.notified() => {}
        // Whoever started this one will start another.
        Some(_) = parts.join_next() => return Err("a part of the notifier broke off".into()),
        Some(_) = telling.join_next() => return Err("the sending broke off".into()),
    }
    systemd::tell(NotifyState::Stopping);
    tracing::info!("ending: finishing what was begun");
    end.send_replace(true);
    while telling.join_next().await.is_some() {}
    tokio::select! {
        finished = notifier.idle(options.presence.drain) => tracing::info!(finished, "drained"),
        _ = shutdown::requested() => tracing::info!("asked a second time: not waiting any longer"),
    }
    parts.abort_all();
    member.leave().await;
    spans::flush().await;
    Ok(ExitCode::SUCCESS)
}
