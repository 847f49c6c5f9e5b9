//! Whether somebody works.

use super::Context;
use super::database::{Connected, unasked, unreached};
use super::finding::{Finding, Trouble};
use crate::db::queue::WorkerLine;

/// A worker that missed so many signs of life is taken for dead.
const MISSED: f64 = 4.0;

/// When each worker was last heard of.
pub(super) async fn check(context: &Context) -> Finding {
    let Some(Connected { db, .. }) = context.database().await else { return unreached() };
    let patience = context.settings.worker.presence.beat.as_secs_f64() * MISSED;
    match db.workers().await {
        Ok(workers) => told(&workers.into_iter().map(|worker| worker.row).collect::<Vec<_>>(), patience),
        Err(error) => unasked(&error),
    }
}

fn told(workers: &[WorkerLine], patience: f64) -> Finding {
    let (alive, silent): (Vec<_>, Vec<_>) = workers.iter().partition(|worker| worker.beat_age <= patience);
    if alive.is_empty() {
        let what = match silent.iter().map(|worker| worker.beat_age).min_by(f64::total_cmp) {
            None => "there is no worker: what is uploaded waits".to_owned(),
            Some(age) => format!("no worker lives: the last was heard of {age:.0} s ago"),
        };
        return Finding::wrong(what, "start one: systemctl start imgfilter-worker");
    }
    let mut troubles: Vec<Trouble> = silent.iter().map(|worker| silence(worker)).collect();
    let ours = env!("CARGO_PKG_VERSION");
    troubles.extend(alive.iter().filter(|worker| worker.version != ours).map(|worker| {
        let WorkerLine { id, host, version, .. } = worker;
        Trouble::warning(
            format!("worker {id} on {host} is version {version}, and this program is {ours}"),
            "install the same version everywhere, and restart what runs",
        )
    }));
    if alive.iter().all(|worker| worker.draining) {
        troubles.push(Trouble::warning(
            "every worker is told to drain: nothing new is begun",
            "start another: systemctl restart imgfilter-worker",
        ));
    }
    Finding::of(troubles, format!("alive: {}", alive.len()))
}

fn silence(worker: &WorkerLine) -> Trouble {
    let WorkerLine { id, host, beat_age, .. } = worker;
    Trouble::warning(
        format!("worker {id} on {host} was last heard of {beat_age:.0} s ago"),
        "it is struck off by the others; see its log",
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::doctor::Status;

    fn worker(beat_age: f64) -> WorkerLine {
        WorkerLine {
            id: 1,
            host: "a".to_owned(),
            pid: 1,
            version: env!("CARGO_PKG_VERSION").to_owned(),
            started_at: String::new(),
            beat_age,
            draining: false,
            running: 0,
        }
    }

    #[test]
    fn the_living_and_the_dead() {
        let status = |workers: &[WorkerLine]| told(workers, 20.0).report("x").status;
        assert_eq!(status(&[worker(3.0)]), Status::Ok);
        assert_eq!(status(&[worker(3.0), worker(60.0)]), Status::Warning);
        assert_eq!(status(&[worker(60.0)]), Status::Wrong);
        assert_eq!(status(&[]), Status::Wrong);
        assert_eq!(status(&[WorkerLine { draining: true, ..worker(3.0) }]), Status::Warning);
    }
}
