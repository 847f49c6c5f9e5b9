//! A worker without its engine: one claimer that takes free places first and begins its search where the floors say,
//! and one completer. What was claimed has ended at once. It beats, reaps and publishes as a worker does.

use std::sync::Arc;
use std::time::{Duration, Instant};

use futures_util::future::try_join_all;
use imgfilter::config;
use imgfilter::db::Db;
use imgfilter::db::tasks::{ClaimTerms, Claimed, Lane, Room, TaskResult};
use imgfilter::db::{listen, workers};
use imgfilter::queue::completer::Completer;
use imgfilter::queue::floors::Floors;
use tokio::sync::{Notify, OwnedSemaphorePermit, Semaphore};
use tokio::task::AbortHandle;
use uuid::Uuid;

use crate::Outcome;
use crate::course::Course;

/// As the settings' defaults have it.
const LEASE: Duration = Duration::from_secs(60);
const BEAT: Duration = Duration::from_secs(5);
const POLL: Duration = Duration::from_millis(250);
const LIFE: &str = "3 months";
const BUDGET_MIB: u32 = 2048;
/// What `imgfilter worker` gives to the same calls.
const DEAD_AFTER: Duration = Duration::from_secs(20);
const REAP_LIMIT: i32 = 200;
const PUBLISH_EVERY: Duration = Duration::from_secs(1);
const PUBLISH_FRESH: Duration = Duration::from_millis(700);

/// A worker of this process.
pub struct Crew {
    db: Db,
    number: i32,
    terms: ClaimTerms,
    fast: Floors,
    slow: Floors,
    quarantine: Floors,
    places: Arc<Semaphore>,
    completer: Completer,
    course: Arc<Course>,
    wake: Arc<Notify>,
    keepers: Vec<AbortHandle>,
}

impl Crew {
    /// Enters a worker with so many places.
    pub async fn enter(url: &str, places: usize, course: Arc<Course>) -> Outcome<Self> {
        let settings = config::Database {
            database_url: url.parse()?,
            database_url_file: None,
            database_timeout: Duration::from_secs(15),
        };
        let db = Db::new(&settings)?;
        let number = db.worker_start("bench", std::process::id(), env!("CARGO_PKG_VERSION"), None).await?;
        let wake = Arc::new(Notify::new());
        let sleepers =
            listen::Sleepers { wake: Arc::clone(&wake), canceled: Arc::default(), erased: Arc::default() };
        let keepers = vec![
            tokio::spawn(listen::forward(url.to_owned(), sleepers)).abort_handle(),
            tokio::spawn(beat(db.clone(), number)).abort_handle(),
            tokio::spawn(publish(db.clone())).abort_handle(),
        ];
        Ok(Self {
            completer: Completer::start(db.clone(), LIFE.to_owned()),
            terms: ClaimTerms { lease: LEASE, life: LIFE.to_owned() },
            fast: Floors::default(),
            slow: Floors::default(),
            quarantine: Floors::default(),
            places: Arc::new(Semaphore::new(places)),
            db,
            number,
            course,
            wake,
            keepers,
        })
    }

    /// Claims and completes for ever.
    pub async fn work(mut self) -> Outcome<()> {
        loop {
            let wake = Arc::clone(&self.wake);
            let woken = wake.notified();
            let mut free = self.free().await?;
            // the other lanes are asked each time, as where none of theirs is being worked on
            let mut found = self.claim(Lane::Slow, 1).await?;
            found.extend(self.claim(Lane::Fast, free.len() - found.len()).await?);
            found.extend(self.claim(Lane::Quarantine, free.len().saturating_sub(found.len()).min(1)).await?);
            let nothing = found.is_empty();
            for task in found {
                tokio::spawn(or_exit(end(
                    self.completer.clone(),
                    Arc::clone(&self.course),
                    task,
                    free.pop(),
                )));
            }
            drop(free);
            if nothing {
                let _ = tokio::time::timeout(POLL.mul_f64(0.75 + fastrand::f64() / 2.0), woken).await;
            }
        }
    }

    /// Claims so many and completes them, with one call under way at a time.
    pub async fn work_once(&mut self, count: usize) -> Outcome<usize> {
        let claimed = self.claim(Lane::Fast, count).await?;
        let found = claimed.len();
        let ending =
            claimed.into_iter().map(|task| end(self.completer.clone(), Arc::clone(&self.course), task, None));
        try_join_all(ending).await?;
        Ok(found)
    }

    /// Waits for a free place and takes all that are free.
    async fn free(&self) -> Outcome<Vec<OwnedSemaphorePermit>> {
        let mut free = vec![Arc::clone(&self.places).acquire_owned().await?];
        while let Ok(place) = Arc::clone(&self.places).try_acquire_owned() {
            free.push(place);
        }
        Ok(free)
    }

    /// As the worker's claimer asks. Each call of the database is a sample if it found something.
    async fn claim(&mut self, lane: Lane, room: usize) -> Outcome<Vec<Claimed>> {
        if room == 0 {
            return Ok(Vec::new());
        }
        let floors = match lane {
            Lane::Fast => &mut self.fast,
            Lane::Slow => &mut self.slow,
            Lane::Quarantine => &mut self.quarantine,
        };
        let bounds = floors.next(Instant::now());
        let mut claimed =
            ask(&self.db, &self.course, self.number, (lane, room), &bounds, &self.terms).await?;
        if claimed.len() < room
            && let Some(bounds) = floors.after_short(Instant::now())
        {
            let (asked, rest) = (Instant::now(), (lane, room - claimed.len()));
            claimed.extend(ask(&self.db, &self.course, self.number, rest, &bounds, &self.terms).await?);
            floors.took(&bounds, asked.elapsed());
        }
        floors.learn(claimed.iter().map(|task| (task.prio, task.run_at)));
        Ok(claimed)
    }
}

impl Drop for Crew {
    fn drop(&mut self) {
        self.keepers.iter().for_each(AbortHandle::abort);
    }
}

async fn ask(
    db: &Db,
    course: &Course,
    worker: i32,
    (lane, tasks): (Lane, usize),
    bounds: &imgfilter::queue::floors::Bounds,
    terms: &ClaimTerms,
) -> Outcome<Vec<Claimed>> {
    let asked = Instant::now();
    let room = Room { tasks, free_mib: u32::MAX, budget_mib: BUDGET_MIB };
    let claimed = db.claim(worker, lane, room, bounds, terms).await?;
    if !claimed.is_empty() {
        course.claimed(asked.elapsed(), claimed.len());
    }
    Ok(claimed)
}

/// Completes a task with the one result that a worker would have stored.
async fn end(
    completer: Completer,
    course: Arc<Course>,
    task: Claimed,
    place: Option<OwnedSemaphorePermit>,
) -> Outcome<()> {
    let result = TaskResult::Done {
        object_key: format!("r/{}/{}.jpeg", task.month, Uuid::now_v7()),
        format: "jpeg",
        width: 800,
        height: 533,
        bytes: 80_123,
        sha256: format!("{0}{0}", task.task.simple()),
        filename: "IMG_2041.jpg".to_owned(),
    };
    if !completer.complete(task.held, &[result]).await? {
        return Err("a task was not this worker's any more".into());
    }
    drop(place);
    course.end(task.task);
    Ok(())
}

/// A measurement of which a part is missing says nothing.
async fn or_exit(ending: impl Future<Output = Outcome<()>>) {
    if let Err(error) = ending.await {
        eprintln!("{error}");
        std::process::exit(1);
    }
}

async fn beat(db: Db, number: i32) {
    loop {
        tokio::time::sleep(BEAT).await;
        // nothing is held for longer than a moment, so no lease has to be extended
        if let Ok(workers::Beat::StruckOff) = db.beat(number, &[], LEASE).await {
            eprintln!("worker {number} was taken for dead");
        }
        if let Err(error) = db.reap(DEAD_AFTER, REAP_LIMIT).await {
            eprintln!("reap: {error}");
        }
    }
}

async fn publish(db: Db) {
    loop {
        let started = Instant::now();
        if let Err(error) = db.publish_queue_state(PUBLISH_FRESH, config::MAX_COUNTED).await {
            eprintln!("publish_queue_state: {error}");
        }
        tokio::time::sleep(PUBLISH_EVERY.max((started.elapsed() * 20).min(Duration::from_secs(4)))).await;
    }
}
