//! Telling the database of ended tasks, many in one call.
//!
//! A call costs the database a transaction and a wait for its disk, whether it ends one task or fifty. So one call is
//! under way at a time: a task that ends meanwhile waits for it, and goes with all others that do. When nothing is under
//! way nobody waits. Each caller gets the answer about its own task.

use tokio::sync::{mpsc, oneshot};

use crate::db::tasks::{Completion, TaskResult};
use crate::db::workers::Held;
use crate::db::{Db, DbError};

/// Most tasks in one call: a few milliseconds of the database's time.
const MOST: usize = 64;

/// Where ended tasks are told. Its clones tell together; the last one that goes ends it.
#[derive(Clone)]
pub struct Completer(mpsc::Sender<Waiting>);

/// A task that ended, and who wants to know what came of telling.
struct Waiting {
    completion: Completion,
    answer: oneshot::Sender<Result<bool, DbError>>,
}

impl Completer {
    /// Starts one for this database. Links live for `life`, in PostgreSQL's words.
    pub fn start(db: Db, life: String) -> Self {
        let (sender, receiver) = mpsc::channel(MOST);
        tokio::spawn(tell_all(receiver, Database { db, life }));
        Self(sender)
    }

    /// Ends a task with a result for each chain, as [`Db::complete_many`] does. False: the lease is no longer this worker's,
    /// nothing was changed.
    ///
    /// # Errors
    /// The call that the task was part of failed: it may be told again. [`DbError::Refused`] is about this task alone.
    pub async fn complete(&self, held: Held, results: &[TaskResult]) -> Result<bool, DbError> {
        let completion = Completion::new(held, results)?;
        let (answer, answered) = oneshot::channel();
        let broken_off = || DbError::Connection("the completer broke off".into());
        self.0.send(Waiting { completion, answer }).await.map_err(|_| broken_off())?;
        answered.await.unwrap_or_else(|_| Err(broken_off()))
    }
}

/// Who is told: the database, but for tests.
trait Listener: Send + Sync {
    /// Ends these tasks, and says of each whether it was this worker's.
    fn tell(&self, batch: &[Completion]) -> impl Future<Output = Result<Vec<bool>, DbError>> + Send;
}

struct Database {
    db: Db,
    life: String,
}

impl Listener for Database {
    async fn tell(&self, batch: &[Completion]) -> Result<Vec<bool>, DbError> {
        self.db.complete_many(batch, &self.life).await
    }
}

/// Takes what waits, tells it, and again, until nobody can come any more.
async fn tell_all(mut receiver: mpsc::Receiver<Waiting>, listener: impl Listener) {
    let mut waiting = Vec::with_capacity(MOST);
    while receiver.recv_many(&mut waiting, MOST).await > 0 {
        let (batch, answers): (Vec<_>, Vec<_>) =
            waiting.drain(..).map(|Waiting { completion, answer }| (completion, answer)).unzip();
        for (answer, ours) in answers.into_iter().zip(told(&batch, &listener).await) {
            // Who does not wait any more will find out in another way.
            let _ = answer.send(ours);
        }
    }
}

/// What came of telling, for each. What is refused because of one is told again one by one, so that its neighbours do
/// not pay for it.
async fn told(batch: &[Completion], listener: &impl Listener) -> Vec<Result<bool, DbError>> {
    match listener.tell(batch).await {
        Ok(ours) => ours.into_iter().map(Ok).collect(),
        Err(DbError::Refused(_)) if batch.len() > 1 => {
            let mut answers = Vec::with_capacity(batch.len());
            for one in batch {
                let answer = listener.tell(std::slice::from_ref(one)).await;
                answers.push(answer.map(|ours| ours.first().is_some_and(|ours| *ours)));
            }
            answers
        }
        Err(error) => failed(error, batch.len()),
    }
}

/// The same failure for each of so many.
fn failed(error: DbError, count: usize) -> Vec<Result<bool, DbError>> {
    let text = crate::cli::with_causes(&error);
    let copy = || match error {
        DbError::Timeout(after) => DbError::Timeout(after),
        _ => DbError::Connection(text.clone().into()),
    };
    let mut answers: Vec<_> = (1..count).map(|_| Err(copy())).collect();
    answers.push(Err(error));
    answers
}

#[cfg(test)]
mod tests {
    use std::sync::{Arc, Mutex};
    use std::time::Duration;

    use futures_util::future::join_all;
    use tokio::sync::Semaphore;

    use super::*;

    /// Knows the even leases only, answers when it is let, and remembers how many tasks each call had.
    #[derive(Default)]
    struct Even {
        calls: Mutex<Vec<usize>>,
        gate: Option<Semaphore>,
    }

    impl Even {
        fn calls(&self) -> Vec<usize> {
            self.calls.lock().expect("nobody panics").clone()
        }
    }

    impl Listener for Arc<Even> {
        async fn tell(&self, batch: &[Completion]) -> Result<Vec<bool>, DbError> {
            self.calls.lock().expect("nobody panics").push(batch.len());
            match &self.gate {
                Some(gate) => gate.acquire().await.expect("it is never closed").forget(),
                None => return Err(DbError::Timeout(Duration::from_secs(5))),
            }
            Ok(batch.iter().map(|completion| completion.held.lease % 2 == 0).collect())
        }
    }

    fn completer(listener: &Arc<Even>) -> Completer {
        let (sender, receiver) = mpsc::channel(MOST);
        tokio::spawn(tell_all(receiver, Arc::clone(listener)));
        Completer(sender)
    }

    fn held(lease: i64) -> Held {
        Held { worker: 1, queue: lease, lease }
    }

    #[tokio::test]
    async fn what_ends_during_a_call_goes_together_in_the_next() {
        let listener = Arc::new(Even { gate: Some(Semaphore::new(0)), ..Even::default() });
        let completer = completer(&listener);
        let first = tokio::spawn({
            let completer = completer.clone();
            async move { completer.complete(held(2), &[]).await }
        });
        while listener.calls().is_empty() {
            tokio::task::yield_now().await;
        }
        let others = join_all((3..8).map(|lease| completer.complete(held(lease), &[])));
        let opened = async { listener.gate.as_ref().expect("it has one").add_permits(2) };
        let (others, ()) = tokio::join!(others, opened);
        let others: Vec<bool> = others.into_iter().map(|answer| answer.expect("it was told")).collect();
        assert_eq!(others, [false, true, false, true, false], "each has its own answer");
        assert!(first.await.expect("it ran").expect("it was told"));
        assert_eq!(listener.calls(), [1, 5]);
    }

    #[tokio::test]
    async fn a_failure_is_everybodys() {
        let completer = completer(&Arc::default());
        let answers = join_all((0..3).map(|lease| completer.complete(held(lease), &[]))).await;
        assert!(answers.iter().all(|answer| matches!(answer, Err(DbError::Timeout(_)))), "{answers:?}");
    }
}
