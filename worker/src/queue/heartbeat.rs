//! Signs of life: of this worker to the database and to systemd.

use std::sync::Arc;

use sd_notify::NotifyState;

use super::MISSED_BEATS;
use super::member::Member;
use crate::db::DbError;
use crate::db::workers::Beat;
use crate::metrics::task::{Retry, retried};
use crate::systemd;

/// Most rows taken back from dead workers at once.
const REAP_LIMIT: i32 = 200;

/// Beats for ever: extends the leases of what is being worked on, stops the work whose lease is lost, and takes back
/// what dead workers hold.
pub async fn run(member: Arc<Member>) {
    let mut ticks = tokio::time::interval(member.beat);
    ticks.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    loop {
        tokio::select! {
            _ = ticks.tick() => {}
            // Somebody waits for the work to stop.
            () = member.canceled.notified() => {}
        }
        // systemd ends a daemon whose loop no longer turns, and starts it anew.
        systemd::tell(NotifyState::Watchdog);
        if let Err(error) = beat(&member).await {
            tracing::warn!(error = %crate::cli::with_causes(&error), "no heartbeat");
        }
    }
}

async fn beat(member: &Member) -> Result<(), DbError> {
    let number = member.number();
    let held = member.held.of(number);
    match member.db.beat(number, &held, member.lease).await? {
        Beat::Lost(leases) => member.held.cancel(&leases),
        Beat::StruckOff => {
            tracing::warn!(worker = number, "taken for dead: starting anew");
            member.held.cancel_all();
            member.enter().await?;
        }
    }
    if member.db.is_draining(number).await? {
        tracing::info!(worker = number, "told to drain");
        member.told_to_drain.notify_one();
    }
    let (back, dead) = member.db.reap(member.beat * MISSED_BEATS, REAP_LIMIT).await?;
    retried(Retry::WorkerLost, back.unsigned_abs());
    if back + dead > 0 {
        tracing::warn!(back, dead, "took back what a dead worker held");
    }
    Ok(())
}
