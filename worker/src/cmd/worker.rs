//! `imgfilter worker`: the daemon.

use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

use clap::Args;
use imgfilter_api::link::LinkKeys;
use sd_notify::NotifyState;
use tokio::sync::watch;
use tokio::task::JoinSet;

use super::block_on;
use crate::cleanup::{self, Cleanup, Pace};
use crate::cli::Outcome;
use crate::config;
use crate::db::{Db, listen};
use crate::engine::pool::Engines;
use crate::engine::process::{self, Start};
use crate::metrics::listener::Listener;
use crate::metrics::{self, Teller};
use crate::notify::preview::Previewer;
use crate::notify::{Notifier, Wording};
use crate::queue::preview::Previews;
use crate::queue::{Worker, claimer, heartbeat, jittered, key_note, observer, publisher};
use crate::shutdown;
use crate::spans;
use crate::store::Store;
use crate::systemd;

/// How the daemon cleans: it has other work, and so have database and store.
const CLEANUP_PACE: Pace = Pace { batch: 500, parallel: 2, until: None, lease: cleanup::LEASE };
/// Pause between two looks for what was erased, if nothing is said of it.
const ERASED_EVERY: Duration = Duration::from_secs(60);

/// Options of `imgfilter worker`.
#[derive(Debug, Args)]
pub struct Options {
    #[command(flatten)]
    settings: config::Worker,
    #[command(flatten)]
    limits: config::ImageLimits,
    #[command(flatten)]
    assets: config::Assets,
    #[command(flatten)]
    links: config::Links,
    #[command(flatten)]
    notify: config::Notify,
    #[command(flatten)]
    cleanup: config::Cleanup,
    #[command(flatten)]
    database: config::Database,
    #[command(flatten)]
    s3: config::S3,
    #[command(flatten)]
    traces: config::Traces,
    #[command(flatten)]
    metrics: config::WorkerMetrics,
}

/// Works until SIGTERM or SIGINT, then finishes what it has begun, gives back the rest and ends.
pub fn run(options: Options) -> Outcome {
    block_on(work(options))
}

async fn work(options: Options) -> Outcome {
    options.cleanup.check()?;
    spans::start(&options.traces)?;
    let listener = Listener::bind("IMGFILTER_METRICS", options.metrics.metrics.0, Teller::Worker).await?;
    let db = Db::new(&options.database)?;
    let store = Store::new(&options.s3)?;
    let worker = Worker::new(db, store, engines(&options), options.settings.clone());
    let worker = Arc::new(worker);
    let notifier = notifier(&worker, &options.links, &options.notify)?;
    let (end, ending) = watch::channel(false);
    let mut asked_to_end = std::pin::pin!(shutdown::requested());
    match worker.engines.start().await?.missing() {
        None => tracing::info!(engines = worker.engines.count(), "engines are shut in"),
        Some(missing) => tracing::warn!(missing, "engines run without a whole sandbox"),
    }
    tokio::select! {
        () = worker.member.enter_at_last() => {}
        _ = asked_to_end.as_mut() => return Ok(ExitCode::SUCCESS),
    }
    // These go on to the end, those until they are told to end.
    let (mut keepers, mut takers) = (JoinSet::new(), JoinSet::new());
    keepers.spawn(heartbeat::run(Arc::clone(&worker.member)));
    keepers.spawn(publisher::run(Arc::clone(&worker)));
    let link_keys = LinkKeys::parse(options.links.keys()?.reveal())?;
    keepers.spawn(key_note::run(Arc::clone(&worker.member), link_keys.signing()));
    let url = options.database.url()?.reveal().to_owned();
    keepers.spawn(listen::forward(url, sleepers(&worker)));
    keepers.spawn(delete_erased(Arc::clone(&worker)));
    if !options.cleanup.cleanup_every.is_zero() {
        keepers.spawn(clean_now_and_then(Arc::clone(&worker), options.cleanup));
    }
    if let Some(listener) = listener {
        tell(&worker, listener, options.metrics.scaling, &mut keepers);
    }
    takers.spawn(claimer::run(Arc::clone(&worker), ending.clone()));
    if let Some(notifier) = notifier.clone() {
        takers.spawn(notifier.run(ending));
    }
    systemd::tell(NotifyState::Ready);

    tokio::select! {
        asked = asked_to_end => asked?,
        () = worker.member.told_to_drain.notified() => {}
        // Half a worker is worse than none: whoever started this one will start another.
        Some(_) = keepers.join_next() => return Err("a part of the worker broke off".into()),
        Some(_) = takers.join_next() => return Err("a part of the worker broke off".into()),
    }
    systemd::tell(NotifyState::Stopping);
    tracing::info!("ending: finishing what was begun");
    end.send_replace(true);
    while takers.join_next().await.is_some() {}
    tokio::select! {
        finished = drained(&worker, notifier.as_deref(), options.settings.presence.drain) => {
            tracing::info!(finished, "drained");
        }
        _ = shutdown::requested() => tracing::info!("asked a second time: not waiting any longer"),
    }
    keepers.abort_all();
    worker.member.leave().await;
    spans::flush().await;
    Ok(ExitCode::SUCCESS)
}

/// The engines that these settings ask for.
fn engines(options: &Options) -> Engines {
    let settings = &options.settings;
    let start = Start {
        program: process::THIS_PROGRAM.into(),
        assets: options.assets.assets.clone(),
        sandbox: settings.sandbox,
        max_memory: settings.engine_memory,
    };
    Engines::new(settings.slots(), start, (&options.limits).into(), settings.task_deadline)
}

/// Waits until nothing is under way, at most so long. Says whether that came true.
async fn drained(worker: &Worker, notifier: Option<&Notifier>, at_most: Duration) -> bool {
    let told = async {
        match notifier {
            Some(notifier) => notifier.idle(at_most).await,
            None => true,
        }
    };
    let (idle, told) = tokio::join!(worker.places.idle(at_most), told);
    idle && told
}

/// The notifier, where this worker tells.
fn notifier(
    worker: &Arc<Worker>,
    links: &config::Links,
    settings: &config::Notify,
) -> Result<Option<Arc<Notifier>>, Box<dyn std::error::Error + Send + Sync>> {
    // What is wrong with the keys is told at the start, whoever tells.
    let link_keys = LinkKeys::parse(links.keys()?.reveal())?;
    if settings.notifier == config::Notifier::Off {
        return Ok(None);
    }
    let previewer: Arc<dyn Previewer> = Previews::new(worker);
    let words = Wording { public_url: links.public_url.clone(), link_keys, previewer: Some(previewer) };
    Notifier::new(&worker.member, &worker.news, settings, words).map(Some)
}

/// Tells Prometheus how it goes, and counts the service for it.
fn tell(worker: &Arc<Worker>, listener: Listener, scaling: config::Scaling, keepers: &mut JoinSet<()>) {
    let counted = Arc::<observer::Counted>::default();
    keepers.spawn(observer::run(Arc::clone(worker), scaling, Arc::clone(&counted)));
    let worker = Arc::clone(worker);
    keepers.spawn(listener.serve(move || {
        metrics::engine::look(&worker.engines, &worker.places);
        if let Some(age) = counted.age() {
            metrics::state::aged(age);
        }
    }));
}

/// Who is told what the database says.
fn sleepers(worker: &Worker) -> listen::Sleepers {
    listen::Sleepers {
        wake: Arc::clone(&worker.wake),
        canceled: Arc::clone(&worker.member.canceled),
        erased: Arc::clone(&worker.erased),
    }
}

/// Deletes the objects of what was erased as soon as that is said. All workers hear it, and share what there is.
async fn delete_erased(worker: Arc<Worker>) {
    loop {
        tokio::select! {
            () = worker.erased.notified() => {}
            () = tokio::time::sleep(jittered(ERASED_EVERY)) => {}
        }
        let cleanup = Cleanup::new(&worker.db, &worker.store, CLEANUP_PACE);
        if let Err(error) = cleanup.remove_erased().await {
            tracing::warn!(error = %crate::cli::with_causes(&error), "what was erased is still in the store");
        }
        let report = cleanup.tally.report();
        metrics::upkeep::cleaned(&report);
        if report.erased + report.refused > 0 {
            tracing::info!(objects = report.erased, refused = report.refused, "deleted what was erased");
        }
    }
}

/// Cleans now and then, one worker at a time over all machines.
async fn clean_now_and_then(worker: Arc<Worker>, settings: config::Cleanup) {
    loop {
        tokio::time::sleep(jittered(settings.cleanup_every)).await;
        let cleanup = Cleanup::new(&worker.db, &worker.store, CLEANUP_PACE);
        let outcome = worker.db.alone(cleanup.run(&settings)).await;
        metrics::upkeep::cleaned(&cleanup.tally.report());
        match outcome {
            Ok(Some(Ok(()))) => tracing::info!("cleaned: {}", cleanup.tally.report()),
            Ok(Some(Err(error))) => {
                let error = crate::cli::with_causes(&error);
                tracing::warn!(error, "the cleanup broke off: {}", cleanup.tally.report());
            }
            Ok(None) => tracing::debug!("another worker is cleaning"),
            Err(error) => tracing::warn!(error = %crate::cli::with_causes(&error), "cannot clean"),
        }
    }
}
