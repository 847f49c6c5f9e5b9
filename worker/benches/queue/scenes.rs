//! The measurements.

use std::sync::Arc;
use std::time::{Duration, Instant};

use clap::Args;
use serde_json::{Value, json};
use tokio::task::JoinSet;

use crate::Outcome;
use crate::course::Course;
use crate::crew::Crew;
use crate::edge::{Callers, Edge, Line};
use crate::figures::{between, summary, windows};
use crate::fill;

/// Places of each worker: what machines of many cores have.
const PLACES: usize = 64;
/// Tasks under way at most: submitters wait for the workers, so that the figure is of both.
const UNDER_WAY: usize = 256;
/// Connections of each worker that are always busy: its claimer's and its completer's.
const OF_A_WORKER: usize = 2;
/// Connections for which there is a worker.
const A_WORKER_EACH: usize = 16;

/// The database, by the roles.
pub struct Place {
    /// As the owner of the schema.
    pub owner: String,
    /// As the edge.
    pub edge: String,
    /// As the worker.
    pub worker: String,
}

/// Tasks a second.
#[derive(Debug, Args)]
pub struct Flow {
    /// Connections in all. One: submit, claim and complete by turns. More: one worker for each 16 has two of them, the
    /// others submit.
    #[arg(long)]
    connections: usize,
    /// How long it is measured, in seconds.
    #[arg(long)]
    seconds: f64,
    /// Before that, in seconds.
    #[arg(long, default_value_t = 2.0)]
    warm_up: f64,
    /// Owners with keys and quotas; 0: nobody is asked for a key.
    #[arg(long, default_value_t = 0)]
    owners: u64,
    /// Tasks that wait already.
    #[arg(long, default_value_t = 0)]
    backlog: i64,
}

/// Claims in front of a backlog.
#[derive(Debug, Args)]
pub struct Backlog {
    /// Tasks that are ready.
    #[arg(long)]
    ready: i64,
    /// Tasks of a better priority that are not ready before tomorrow.
    #[arg(long, default_value_t = 0)]
    delayed: i64,
    /// Claims that are measured.
    #[arg(long)]
    claims: usize,
    /// Tasks in each.
    #[arg(long, default_value_t = 16)]
    batch: usize,
}

/// A steady rate in front of an old snapshot.
#[derive(Debug, Args)]
pub struct Steady {
    /// Tasks a second.
    #[arg(long)]
    rate: f64,
    /// How long, in seconds.
    #[arg(long)]
    seconds: u32,
    /// Length of the windows that are summed up, in seconds.
    #[arg(long, default_value_t = 10)]
    window: u32,
    /// Connections that submit.
    #[arg(long, default_value_t = 8)]
    submitters: usize,
}

impl Flow {
    /// Runs it.
    pub async fn run(&self, place: &Place) -> Outcome<Value> {
        let callers = if self.owners == 0 { Callers::Anyone } else { Callers::Owners(self.owners) };
        if self.backlog > 0 {
            fill::tasks(&place.owner, self.backlog, 1, false).await?;
            fill::settle(&place.owner).await?;
        }
        let course = Arc::new(Course::new(UNDER_WAY));
        let edge = Arc::new(Edge::new(callers));
        let start = Instant::now() + Duration::from_secs_f64(self.warm_up);
        let end = start + Duration::from_secs_f64(self.seconds);
        let workers = if self.connections == 1 { 0 } else { self.connections.div_ceil(A_WORKER_EACH) };
        if workers == 0 {
            by_turns(place, &edge, &course, end).await?;
        } else {
            let submitters = self.connections.saturating_sub(workers * OF_A_WORKER).max(1);
            self.side_by_side(place, &edge, &course, (workers, submitters), end).await?;
        }
        let seen = course.seen();
        let measured = between(&seen.tasks, start, end);
        Ok(json!({
            "connections": self.connections, "workers": workers.max(1), "owners": self.owners, "backlog": self.backlog,
            "seconds": self.seconds, "tasks": measured.len(), "per_second": measured.len() as f64 / self.seconds,
            "all_tasks": seen.tasks.len(), "per_claim": seen.claimed as f64 / seen.claims.len().max(1) as f64,
            "submit": summary(&between(&seen.submits, start, end)), "claim": summary(&between(&seen.claims, start, end)),
            "submit_to_complete": summary(&measured),
        }))
    }

    async fn side_by_side(
        &self,
        place: &Place,
        edge: &Arc<Edge>,
        course: &Arc<Course>,
        (workers, submitters): (usize, usize),
        end: Instant,
    ) -> Outcome<()> {
        let mut crews = JoinSet::new();
        for _ in 0..workers {
            crews.spawn(Crew::enter(&place.worker, PLACES, Arc::clone(course)).await?.work());
        }
        let mut lines = JoinSet::new();
        for _ in 0..submitters {
            let line = Line::connect(&place.edge).await?;
            lines.spawn(line.submit_until(Arc::clone(edge), Arc::clone(course), end));
        }
        let submitted = async {
            while let Some(line) = lines.join_next().await {
                line??;
            }
            // behind a backlog the last ones have a long way
            if self.backlog == 0 {
                course.drained().await;
            }
            Outcome::Ok(())
        };
        unless_broken(&mut crews, submitted).await
    }
}

/// Submit, claim and complete, each after the answer to the one before.
async fn by_turns(place: &Place, edge: &Edge, course: &Arc<Course>, end: Instant) -> Outcome<()> {
    let line = Line::connect(&place.edge).await?;
    let mut crew = Crew::enter(&place.worker, PLACES, Arc::clone(course)).await?;
    while Instant::now() < end {
        line.submit(edge, course, Instant::now()).await?;
        if crew.work_once(1).await? != 1 {
            return Err("a task that was submitted could not be claimed".into());
        }
    }
    Ok(())
}

impl Backlog {
    /// Runs it.
    pub async fn run(&self, place: &Place) -> Outcome<Value> {
        fill::tasks(&place.owner, self.delayed, 0, true).await?;
        fill::tasks(&place.owner, self.ready, 1, false).await?;
        fill::settle(&place.owner).await?;
        let course = Arc::new(Course::new(UNDER_WAY));
        let mut crew = Crew::enter(&place.worker, PLACES, Arc::clone(&course)).await?;
        for _ in 0..self.claims {
            crew.work_once(self.batch).await?;
        }
        let seen = course.seen();
        Ok(json!({
            "ready": self.ready, "delayed": self.delayed, "batch": self.batch, "claimed": seen.claimed,
            "claim": summary(&seen.claims),
        }))
    }
}

impl Steady {
    /// Runs it. The snapshot is older than all that is submitted, and is kept to the end.
    pub async fn run(&self, place: &Place) -> Outcome<Value> {
        let holder = fill::connect(&place.owner).await?;
        holder
            .batch_execute("BEGIN ISOLATION LEVEL REPEATABLE READ; SELECT count(*) FROM imgfilter.queue")
            .await?;
        let course = Arc::new(Course::new(usize::MAX >> 4));
        let edge = Arc::new(Edge::new(Callers::Anyone));
        let mut crews = JoinSet::new();
        crews.spawn(Crew::enter(&place.worker, PLACES, Arc::clone(&course)).await?.work());
        let start = Instant::now();
        let mut lines = JoinSet::new();
        for n in 0..self.submitters {
            let line = Line::connect(&place.edge).await?;
            lines.spawn(self.submit(line, n, Arc::clone(&edge), Arc::clone(&course), start));
        }
        let submitted = async {
            while let Some(line) = lines.join_next().await {
                line??;
            }
            course.drained().await;
            Outcome::Ok(())
        };
        unless_broken(&mut crews, submitted).await?;
        let dead: i64 = holder_says_dead(place).await?;
        holder.batch_execute("COMMIT").await?;
        let (window, count) = (Duration::from_secs(self.window.into()), self.seconds.div_ceil(self.window));
        let seen = course.seen();
        Ok(json!({
            "rate": self.rate, "seconds": self.seconds, "window": self.window, "tasks": seen.tasks.len(),
            "dead_rows": dead, "claim": summary(&seen.claims), "submit_to_complete": summary(&seen.tasks),
            "claim_windows": windows(&seen.claims, start, window, count),
            "submit_to_complete_windows": windows(&seen.tasks, start, window, count),
        }))
    }

    /// One of the submitters: it has each n-th of the tasks, and is late if the database is.
    fn submit(
        &self,
        line: Line,
        first: usize,
        edge: Arc<Edge>,
        course: Arc<Course>,
        start: Instant,
    ) -> impl Future<Output = Outcome<()>> + use<> {
        let (step, rate) = (self.submitters, self.rate);
        let tasks = (rate * f64::from(self.seconds)) as usize;
        async move {
            for task in (first..tasks).step_by(step) {
                let due = start + Duration::from_secs_f64(task as f64 / rate);
                tokio::time::sleep_until(due.into()).await;
                line.submit(&edge, &course, due).await?;
            }
            Ok(())
        }
    }
}

/// Rows of the queue that vacuum could not take away, as far as it knows.
async fn holder_says_dead(place: &Place) -> Outcome<i64> {
    let client = fill::connect(&place.owner).await?;
    client.batch_execute("VACUUM imgfilter.queue").await?;
    let sql = "SELECT n_dead_tup FROM pg_stat_user_tables WHERE relid = 'imgfilter.queue'::regclass";
    Ok(client.query_one(sql, &[]).await?.get(0))
}

/// Waits for this, unless a worker breaks off: then for nothing.
async fn unless_broken(
    crews: &mut JoinSet<Outcome<()>>,
    done: impl Future<Output = Outcome<()>>,
) -> Outcome<()> {
    tokio::select! {
        done = done => done,
        Some(broken) = crews.join_next() => Err(broken?.err().unwrap_or_else(|| "a worker has ended".into())),
    }
}
