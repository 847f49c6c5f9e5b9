//! Telling owners: takes deliveries from the outbox, sends them, and records how it went.
//!
//! Each channel has a [`carrier`], places of its own, and a loop that claims and sends. A delivery is told at least once, and
//! its id is the same for every try, so that a receiver can tell a repetition. Where a repetition would be worse than
//! silence (a telephone), it is told at most once: that it is about to be sent is committed before the first byte.
//!
//! No host may keep the others waiting: it has so many places, and a breaker ([`hosts`]). Nor may an owner, who has half of all
//! places; what is nobody's counts as one owner's. What finds no place is given back untried, for a while that grows with
//! those who wait for the same.

pub mod address;
pub mod carrier;
pub mod email;
pub mod event;
pub mod hosts;
pub mod http;
pub mod preview;
pub mod push;
pub mod schedule;
pub mod signature;
pub mod sms_http;
pub mod sms_sns;
pub mod sns;
pub mod topic;
pub mod webhook;

use std::sync::Arc;
use std::time::{Duration, Instant};

use futures_util::future::join_all;
use imgfilter_api::link::LinkKeys;
use imgfilter_api::trace::TraceParent;
use tokio::sync::{Notify, OwnedSemaphorePermit, Semaphore, watch};
use tracing::Instrument;

use crate::config;
use crate::db::DbError;
use crate::db::deliveries::{Claimed, Delivery, Verdict};
use crate::metrics;
use crate::queue::jittered;
use crate::queue::member::Member;
use crate::spans::{self, Spans};
use carrier::{Carrier, Carriers, Message, Tried, Unwritable};
use event::Event;
use hosts::{Hosts, Place, Terms, Wait};
use preview::{Previewer, Shown};

/// Time beyond the longest try for which a claimed delivery stays this process's: to ask and to tell the database.
const SPARE_LEASE: Duration = Duration::from_secs(45);
/// Time between two looks into the outbox when nothing was heard.
const POLL: Duration = Duration::from_millis(250);
/// While more waits than there are places, a moment in which several become free: they are filled by one claim.
const GATHER: Duration = Duration::from_millis(10);
/// Least time between two looks into the outbox that nothing waits in.
const MOMENT: Duration = Duration::from_millis(50);
/// Most deliveries that are claimed at once, when most of them have to wait for their host.
const MOST: usize = 256;
/// Calls of the database at the same time that give back what has to wait.
const GIVING_BACK: usize = 4;
/// Time between two looks for links that end soon.
const EXPIRING_EVERY: Duration = Duration::from_secs(300);
/// Tasks whose owners are told in one transaction.
const EXPIRING_BATCH: i32 = 500;

/// The part of a process that tells.
pub struct Notifier {
    member: Arc<Member>,
    /// What tells the loops that there may be something.
    news: Arc<Notify>,
    lanes: Vec<Arc<Lane>>,
    words: Wording,
    lease: Duration,
    expiring_notice: Duration,
}

/// What messages are written with.
pub struct Wording {
    /// Begins every URL.
    pub public_url: String,
    /// Signs download links.
    pub link_keys: LinkKeys,
    /// Makes small pictures, where that can be done.
    pub previewer: Option<Arc<dyn Previewer>>,
}

/// A channel that is configured.
struct Lane {
    carrier: Arc<dyn Carrier>,
    hosts: Arc<Hosts>,
    owners: Arc<Hosts>,
    places: Arc<Semaphore>,
    all_places: u32,
    news: Notify,
}

/// A delivery that may be sent now.
struct Ready {
    delivery: Delivery,
    turns: Turns,
    place: OwnedSemaphorePermit,
}

/// The places that a delivery has beside that among all.
struct Turns {
    of_owner: Place,
    /// `None`: it goes nowhere, which the carrier will say.
    at_host: Option<Place>,
}

/// What was claimed, sorted.
#[derive(Default)]
struct Sorted {
    /// What can be sent at once.
    ready: Vec<Ready>,
    /// What has to wait, and how long.
    waiting: Vec<(Delivery, Wait)>,
    /// Whether some of that has to wait because there were no places here.
    too_many: bool,
}

impl Notifier {
    /// One for these settings. `news` is called when there may be something to tell.
    ///
    /// # Errors
    /// A setting that cannot be used.
    pub fn new(
        member: &Arc<Member>,
        news: &Arc<Notify>,
        settings: &config::Notify,
        words: Wording,
    ) -> Result<Arc<Self>, Box<dyn std::error::Error + Send + Sync>> {
        let Carriers { on, off } = carrier::carriers(settings)?;
        let off: Vec<&str> = off.into_iter().map(|channel| channel.as_str()).collect();
        if !off.is_empty() {
            tracing::info!(channels = off.join(", "), "not configured: what is to be told by these waits");
        }
        let all_places = settings.notify_concurrency.max(1);
        let lane = |carrier| {
            Arc::new(Lane {
                carrier,
                hosts: Hosts::new(settings.into()),
                owners: Hosts::new(Terms::of_owners(all_places)),
                places: Arc::new(Semaphore::new(usize::try_from(all_places).unwrap_or(1))),
                all_places,
                news: Notify::new(),
            })
        };
        Ok(Arc::new(Self {
            member: Arc::clone(member),
            news: Arc::clone(news),
            lanes: on.into_iter().map(lane).collect(),
            words,
            lease: settings.notify_timeout + settings.notify_connect_timeout + SPARE_LEASE,
            expiring_notice: settings.expiring_notice,
        }))
    }

    /// Claims and sends until `ending` becomes true. What was begun goes on.
    pub async fn run(self: Arc<Self>, mut ending: watch::Receiver<bool>) {
        let telling = async {
            let loops = join_all(self.lanes.iter().map(|lane| Arc::clone(&self).serve(Arc::clone(lane))));
            tokio::join!(loops, self.spread_news(), self.look_for_ends());
        };
        tokio::select! {
            () = telling => {}
            _ = ending.wait_for(|ending| *ending) => {}
        }
    }

    /// Waits until nothing is under way, at most so long. Says whether that came true.
    pub async fn idle(&self, at_most: Duration) -> bool {
        let all = join_all(self.lanes.iter().map(|lane| lane.places.acquire_many(lane.all_places)));
        tokio::time::timeout(at_most, all).await.is_ok()
    }

    async fn spread_news(&self) {
        loop {
            self.news.notified().await;
            self.lanes.iter().for_each(|lane| lane.news.notify_one());
        }
    }

    /// Tells now and then of links that end soon. Those who do it at the same time share the tasks, each of which is told
    /// once.
    async fn look_for_ends(&self) {
        loop {
            match self.member.db.tell_expiring(self.expiring_notice, EXPIRING_BATCH).await {
                Ok(looked) if looked >= EXPIRING_BATCH.unsigned_abs() => continue,
                Ok(0) => {}
                Ok(tasks) => {
                    tracing::info!(tasks, "links end soon");
                    self.news.notify_one();
                }
                Err(error) => {
                    tracing::warn!(error = %crate::cli::with_causes(&error), "cannot look for links that end");
                }
            }
            tokio::time::sleep(jittered(EXPIRING_EVERY)).await;
        }
    }

    /// The loop of a channel.
    async fn serve(self: Arc<Self>, lane: Arc<Lane>) {
        let (mut batch, mut busy) = (0, false);
        loop {
            let Ok(first) = Arc::clone(&lane.places).acquire_owned().await else { return };
            if busy {
                tokio::time::sleep(GATHER).await;
            }
            let most = (1 + lane.places.available_permits()).max(batch);
            let looked = tokio::time::Instant::now();
            let Claimed { deliveries, more } = self.claim(&lane, most).await;
            let count = deliveries.len();
            let Sorted { ready, waiting, too_many } = lane.sorted(deliveries, first);
            for ready in ready {
                Arc::clone(&self).start(&lane, ready);
            }
            // Most have to wait for their hosts: look further, for those that need not.
            let further = waiting.len() * 2 > count && !too_many;
            batch = if further { (most * 2).min(MOST) } else { 0 };
            self.give_back(lane.carrier.channel().as_str(), waiting).await;
            busy = count == most;
            if count < most && !more {
                let _ = tokio::time::timeout(jittered(POLL), lane.news.notified()).await;
                // What ends within a moment is looked for together, and most of it asks for nothing to be told.
                tokio::time::sleep_until(looked + MOMENT).await;
            }
        }
    }

    async fn claim(&self, lane: &Lane, most: usize) -> Claimed {
        let channel = lane.carrier.channel().as_str();
        let claimed = self.member.db.claim_deliveries(self.member.number(), channel, most, self.lease).await;
        claimed.unwrap_or_else(|error| {
            tracing::warn!(channel, error = %crate::cli::with_causes(&error), "cannot look into the outbox");
            Claimed::default()
        })
    }

    /// Gives back what has to wait. What cannot be given back comes back by itself when its lease ends, one try poorer.
    async fn give_back(&self, channel: &str, waiting: Vec<(Delivery, Wait)>) {
        for some in waiting.chunks(GIVING_BACK) {
            let all = some.iter().map(|(delivery, Wait { pause, away })| {
                self.member.db.defer_delivery(delivery.held, *pause, *away)
            });
            for ((delivery, _), given) in some.iter().zip(join_all(all).await) {
                match given {
                    Ok(true) => metrics::delivery::deferred(channel),
                    Ok(false) => self.taken_away(delivery).await,
                    Err(error) => {
                        let error = crate::cli::with_causes(&error);
                        tracing::warn!(error, "a delivery could not be given back");
                    }
                }
            }
        }
    }

    fn start(self: Arc<Self>, lane: &Arc<Lane>, ready: Ready) {
        let lane = Arc::clone(lane);
        let span = log_span(&ready.delivery);
        let telling = async move {
            let Ready { delivery, turns, place } = ready;
            if let Err(error) = self.deliver(lane.carrier.as_ref(), &delivery, turns).await {
                // Its lease will end, and it will be tried again under the same id, or found to be unknown.
                tracing::warn!(error = %crate::cli::with_causes(&error), "a delivery could not be recorded");
            }
            drop(place);
        };
        tokio::spawn(telling.instrument(span));
    }

    async fn deliver(&self, carrier: &dyn Carrier, delivery: &Delivery, turns: Turns) -> Result<(), DbError> {
        let spans = Spans::of_delivery(delivery);
        let parent = delivery.trace.as_ref().map(spans::of_try);
        let id = parent.map_or(0, |parent| parent.span);
        let trying = self.tried(carrier, delivery, parent);
        let Some(tried) = spans.part_of_id("notify", id, trying, fault).await? else {
            tracing::warn!("a delivery had been taken away before it was sent");
            self.taken_away(delivery).await;
            return Ok(());
        };
        turns.end(&tried);
        let channel = carrier.channel().as_str();
        metrics::delivery::took(channel, tried.attempt.took);
        let pause = schedule::pause_after(delivery.attempts, tried.retry_after);
        let became = self.finished(delivery, &tried, pause).await.inspect_err(|_| {
            metrics::delivery::ended(channel, "unrecorded");
        })?;
        count(channel, &tried, &became);
        match tried.attempt.verdict {
            Verdict::Delivered => tracing::info!("told"),
            _ => tracing::info!(why = loggable(carrier, &tried), became, "not told"),
        }
        Ok(())
    }

    /// Tries once. `None`: the lease is no longer this process's, and nothing was sent.
    async fn tried(
        &self,
        carrier: &dyn Carrier,
        delivery: &Delivery,
        trace: Option<TraceParent>,
    ) -> Result<Option<Tried>, DbError> {
        let now = Instant::now();
        if delivery.begun && carrier.at_most_once() {
            let lost = "an earlier try was broken off, and may have been sent";
            return Ok(Some(Tried::judged(now, Verdict::Unknown, None, lost)));
        }
        let body = match self.body(carrier, delivery).await? {
            Ok(Some(body)) => body,
            Ok(None) => return Ok(None),
            Err(error) => return Ok(Some(Tried::judged(now, Verdict::Refused, None, error.to_string()))),
        };
        if carrier.at_most_once() && !self.member.db.begin_delivery(delivery.held).await? {
            return Ok(None);
        }
        let message = Message {
            id: delivery.id,
            address: &delivery.target,
            keys: delivery.keys.as_ref(),
            target: delivery.target_id,
            secret_numbers: &delivery.secret_numbers,
            trace,
            body: &body,
        };
        Ok(Some(carrier.send(message).await))
    }

    /// The bytes of a message, which are made and stored before its first try. `None`: the lease is no longer ours.
    async fn body(
        &self,
        carrier: &dyn Carrier,
        delivery: &Delivery,
    ) -> Result<Result<Option<Vec<u8>>, Unwritable>, DbError> {
        if let Some(body) = &delivery.body {
            return Ok(Ok(Some(body.clone())));
        }
        let mut event = match Event::of(delivery, &self.words.public_url, &self.words.link_keys) {
            Ok(event) => event,
            Err(error) => return Ok(Err(error)),
        };
        if let Some(previewer) = self.words.previewer.as_ref().filter(|_| carrier.shows_pictures())
            && let Some(shown) = Shown::of(delivery)
        {
            event.preview = previewer.preview(&shown).await;
        }
        match carrier.render(&event, delivery.id, &delivery.target) {
            Ok(body) => self.member.db.store_body(delivery.held, &body).await.map(Ok),
            Err(error) => Ok(Err(error)),
        }
    }

    /// Records a try, again and again while the database cannot be reached and the lease lasts: otherwise it would be sent
    /// once more, or nobody would ever know of it. Says what became of the delivery, also where that was recorded before and
    /// only the answer was lost.
    async fn finished(&self, delivery: &Delivery, tried: &Tried, pause: Duration) -> Result<String, DbError> {
        let became = self.recorded(delivery, tried, pause).await?;
        if became != "stale" {
            return Ok(became);
        }
        self.member.db.delivery_end(delivery.id, delivery.held.lease).await
    }

    async fn recorded(&self, delivery: &Delivery, tried: &Tried, pause: Duration) -> Result<String, DbError> {
        let end = Instant::now() + SPARE_LEASE / 2;
        loop {
            match self.member.db.finish_delivery(delivery.held, &tried.attempt, pause).await {
                Err(DbError::Connection(_) | DbError::Timeout(_)) if Instant::now() < end => {
                    tokio::time::sleep(jittered(POLL / 4)).await;
                }
                // Whoever was in the way has had its time.
                Err(error) if (error.is_deadlock() || error.is_lock_timeout()) && Instant::now() < end => {}
                other => return other,
            }
        }
    }

    /// Counts a delivery whose lease was lost before it was sent, unless nobody wants it any more.
    async fn taken_away(&self, delivery: &Delivery) {
        let end = self.member.db.delivery_end(delivery.id, delivery.held.lease).await;
        if end.map_or(true, |end| end != "erased") {
            metrics::task::lease_lost();
        }
    }
}

/// What every line that is logged of a delivery names.
fn log_span(delivery: &Delivery) -> tracing::Span {
    let (task, trace) = (delivery.task_id(), delivery.trace.map(|trace| trace.shown()));
    // Of the highest level, so that no filter takes it away from what is logged within.
    tracing::error_span!("delivery", task, trace, channel = delivery.channel, attempt = delivery.attempts)
}

/// What is wrong with the outcome of a try, if anything is.
fn fault(tried: &Result<Option<Tried>, DbError>) -> Option<&'static str> {
    match tried {
        Ok(Some(tried)) if tried.attempt.verdict == Verdict::Delivered => None,
        Ok(Some(tried)) => Some(tried.attempt.verdict.name()),
        Ok(None) => Some("taken away"),
        Err(_) => Some("failed"),
    }
}

/// Counts a try, and what the database says has become of the delivery.
fn count(channel: &str, tried: &Tried, became: &str) {
    match (tried.attempt.verdict, became) {
        (_, "lost") => metrics::task::lease_lost(),
        // Nobody wants to be told any more.
        (_, "erased") => {}
        (Verdict::Gone, _) => metrics::delivery::ended(channel, "gone"),
        (_, end) => metrics::delivery::ended(channel, end),
    }
}

/// What may be logged of what went wrong: of a stranger's host only the kind.
fn loggable<'a>(carrier: &dyn Carrier, tried: &'a Tried) -> &'a str {
    let detail = tried.attempt.detail.as_str();
    match detail.split_once(": ") {
        Some((kind, _)) if carrier.asks_strangers() => kind,
        _ => detail,
    }
}

impl Lane {
    /// Which of those that were claimed find a place, and which do not.
    fn sorted(&self, claimed: Vec<Delivery>, first: OwnedSemaphorePermit) -> Sorted {
        let mut sorted = Sorted::default();
        let mut place = Some(first);
        for delivery in claimed {
            let mut take = || Arc::clone(&self.places).try_acquire_owned().ok();
            let Some(here) = place.take().or_else(&mut take) else {
                sorted.too_many = true;
                sorted.waiting.push((delivery, Wait { pause: Duration::ZERO, away: false }));
                continue;
            };
            match self.turns(&delivery) {
                Ok(turns) => sorted.ready.push(Ready { delivery, turns, place: here }),
                Err(wait) => {
                    place = Some(here);
                    sorted.waiting.push((delivery, wait));
                }
            }
        }
        sorted
    }

    /// The places of a delivery with its owner and at its host, or how long it has to wait for one of them.
    fn turns(&self, delivery: &Delivery) -> Result<Turns, Wait> {
        let now = Instant::now();
        let of_owner = self.owners.turn(delivery.owner.as_deref().unwrap_or_default(), now)?;
        let host = self.carrier.host(&delivery.target);
        let at_host = host.map(|host| self.hosts.turn(&host, now)).transpose()?;
        Ok(Turns { of_owner, at_host })
    }
}

impl Turns {
    /// Says what a try says of the host, if it was asked.
    fn end(self, tried: &Tried) {
        let Some(failed) = tried.of_host() else { return };
        self.of_owner.end(false);
        if let Some(place) = self.at_host {
            place.end(failed);
        }
    }
}
