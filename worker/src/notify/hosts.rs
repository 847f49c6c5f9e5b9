//! Places and a breaker for each host, so that one that is slow or away keeps nobody else waiting. Owners have places by the
//! same rule, for whoever has a domain has as many hosts as they like.
//!
//! A host has so many places. What finds none is told how long to wait: each next one a little longer, by how long the
//! host takes, so that a hundred do not come back at the same time. A host that fails again and again is left alone for a
//! while, and then one try shows whether it is back.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use crate::config;

/// The shortest wait.
const LEAST_WAIT: Duration = Duration::from_millis(250);
/// The longest wait for a place: whoever waits longer asks again.
const LONGEST_WAIT: Duration = Duration::from_secs(300);
/// How long a try is taken to last before any has.
const FIRST_GUESS: Duration = Duration::from_millis(500);
/// Hosts that are remembered: more are only those that are just being sent to.
const MOST: usize = 10_000;

/// What a host may be asked for.
#[derive(Debug, Clone, Copy)]
pub struct Terms {
    /// Tries at the same time.
    pub places: u32,
    /// Failures in a row after which it is left alone.
    pub failures: u32,
    /// How long.
    pub pause: Duration,
}

impl Terms {
    /// What an owner may take: half of all places. How it goes there is no owner's failure.
    pub fn of_owners(places: u32) -> Self {
        Self { places: (places / 2).max(1), failures: u32::MAX, pause: Duration::ZERO }
    }
}

impl From<&config::Notify> for Terms {
    fn from(settings: &config::Notify) -> Self {
        Self {
            places: settings.notify_per_host.max(1),
            failures: settings.notify_breaker_failures.max(1),
            pause: settings.notify_breaker_pause,
        }
    }
}

/// The hosts that are sent to.
pub struct Hosts {
    terms: Terms,
    states: Mutex<HashMap<String, State>>,
}

/// What is known of a host.
#[derive(Debug)]
struct State {
    under_way: u32,
    failures: u32,
    /// It is left alone until then.
    alone_until: Option<Instant>,
    /// When the next of those that wait may come.
    next: Instant,
    /// How long a try usually lasts.
    typical: Duration,
}

/// When to ask again for a place.
#[derive(Debug, Clone, Copy)]
pub struct Wait {
    /// After this time.
    pub pause: Duration,
    /// Whether the host is taken to be away, and not only to have much to do.
    pub away: bool,
}

/// A place at a host.
pub struct Place {
    hosts: Arc<Hosts>,
    host: String,
    since: Instant,
    failed: Option<bool>,
}

impl Hosts {
    /// None is known yet.
    pub fn new(terms: Terms) -> Arc<Self> {
        Arc::new(Self { terms, states: Mutex::default() })
    }

    /// Asks for a place at a host, which it is until it is dropped.
    ///
    /// # Errors
    /// There is none now.
    pub fn turn(self: &Arc<Self>, host: &str, now: Instant) -> Result<Place, Wait> {
        let mut states = self.states();
        if states.len() >= MOST && !states.contains_key(host) {
            states.retain(|_, state| !state.is_idle(now));
        }
        let state = states.entry(host.to_owned()).or_insert_with(|| State::new(now));
        // A host that has failed gets one try at a time, and none while it is left alone.
        let broken = state.failures >= self.terms.failures;
        let places = if broken { 1 } else { self.terms.places };
        let alone_until = state.alone_until.filter(|until| broken && *until > now);
        if alone_until.is_none() && state.under_way < places {
            state.under_way += 1;
            return Ok(Place { hosts: Arc::clone(self), host: host.to_owned(), since: now, failed: None });
        }
        let pause = state.wait(alone_until.unwrap_or(now), places, now);
        Err(Wait { pause, away: broken })
    }

    fn ended(&self, place: &Place, now: Instant) {
        let mut states = self.states();
        let Some(state) = states.get_mut(&place.host) else { return };
        state.under_way = state.under_way.saturating_sub(1);
        let broken = state.failures >= self.terms.failures;
        match place.failed {
            Some(true) => {
                state.failures = state.failures.saturating_add(1);
                if state.failures >= self.terms.failures {
                    state.alone_until = Some(now + self.terms.pause);
                }
            }
            // It is back: what it was like while it was away says nothing any more.
            Some(false) if broken => *state = State { under_way: state.under_way, ..State::new(now) },
            Some(false) => state.failures = 0,
            None => {}
        }
        if place.failed.is_some() {
            state.typical = (state.typical * 3 + now.saturating_duration_since(place.since)) / 4;
        }
        if state.is_idle(now) && state.failures == 0 {
            states.remove(&place.host);
        }
    }

    fn states(&self) -> MutexGuard<'_, HashMap<String, State>> {
        // No one panics while holding it; and if so, the map is whole.
        self.states.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    fn new(now: Instant) -> Self {
        Self { under_way: 0, failures: 0, alone_until: None, next: now, typical: FIRST_GUESS }
    }

    /// Whether nothing is lost by forgetting it.
    fn is_idle(&self, now: Instant) -> bool {
        self.under_way == 0 && self.next <= now && self.alone_until.is_none_or(|until| until <= now)
    }

    /// The wait of the next who finds no place: behind all who were told to wait before.
    fn wait(&mut self, from: Instant, places: u32, now: Instant) -> Duration {
        // No further than anybody is told to wait: otherwise a crowd today is still in the way of who comes tomorrow.
        self.next = (self.next.max(from) + self.typical / places.max(1)).min(from + LONGEST_WAIT);
        self.next.saturating_duration_since(now).max(LEAST_WAIT)
    }
}

impl Place {
    /// Says what came of the try. One that is dropped without a word was no try, and says nothing of the host.
    pub fn end(mut self, host_failed: bool) {
        self.failed = Some(host_failed);
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        self.hosts.ended(self, Instant::now());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TERMS: Terms = Terms { places: 4, failures: 3, pause: Duration::from_secs(30) };

    fn now(turn: Result<Place, Wait>) -> Place {
        match turn {
            Ok(place) => place,
            Err(wait) => panic!("{wait:?}"),
        }
    }

    fn wait(turn: Result<Place, Wait>) -> Duration {
        match turn {
            Ok(_) => panic!("a place"),
            Err(wait) => wait.pause,
        }
    }

    fn is_away(turn: Result<Place, Wait>) -> bool {
        matches!(turn, Err(Wait { away: true, .. }))
    }

    #[test]
    fn a_host_has_so_many_places_and_others_have_theirs() {
        let hosts = Hosts::new(TERMS);
        let at = Instant::now();
        let taken: Vec<Place> = (0..4).map(|_| now(hosts.turn("slow", at))).collect();
        let waits: Vec<Duration> = (0..5000).map(|_| wait(hosts.turn("slow", at))).collect();
        assert!(waits.is_sorted() && waits[0] >= LEAST_WAIT, "one after the other");
        assert!(waits[20] < waits[40] && waits[4999] == LONGEST_WAIT, "spread, but not for ever");
        now(hosts.turn("quick", at));
        drop(taken);
        now(hosts.turn("slow", at));
    }

    #[test]
    fn a_crowd_is_forgotten_when_it_is_gone() {
        let hosts = Hosts::new(TERMS);
        let at = Instant::now();
        let _taken: Vec<Place> = (0..4).map(|_| now(hosts.turn("slow", at))).collect();
        for _ in 0..50_000 {
            wait(hosts.turn("slow", at));
        }
        let later = at + LONGEST_WAIT;
        assert!(wait(hosts.turn("slow", later)) < Duration::from_secs(1), "all of those have come by then");
        assert!(!is_away(hosts.turn("slow", later)), "it only has much to do");
    }

    #[test]
    fn a_host_that_is_back_is_like_a_new_one() {
        let hosts = Hosts::new(TERMS);
        for _ in 0..3 {
            let mut place = now(hosts.turn("hung", Instant::now()));
            place.since -= Duration::from_secs(60);
            place.end(true);
        }
        for _ in 0..5000 {
            assert!(is_away(hosts.turn("hung", Instant::now())));
        }
        let later = Instant::now() + Duration::from_secs(31);
        now(hosts.turn("hung", later)).end(false);
        let _taken: Vec<Place> = (0..4).map(|_| now(hosts.turn("hung", later))).collect();
        assert!(wait(hosts.turn("hung", later)) < Duration::from_secs(1), "nobody waits for what was");
    }

    #[test]
    fn what_was_no_try_says_nothing_of_a_host() {
        let hosts = Hosts::new(TERMS);
        for _ in 0..3 {
            now(hosts.turn("broken", Instant::now())).end(true);
        }
        let later = Instant::now() + Duration::from_secs(31);
        drop(now(hosts.turn("broken", later)));
        let _probe = now(hosts.turn("broken", later));
        assert!(is_away(hosts.turn("broken", later)), "one at a time, as before");
    }

    #[test]
    fn a_host_that_fails_is_left_alone_and_tried_once() {
        let hosts = Hosts::new(TERMS);
        for _ in 0..3 {
            now(hosts.turn("broken", Instant::now())).end(true);
        }
        assert!(wait(hosts.turn("broken", Instant::now())) > Duration::from_secs(25));
        now(hosts.turn("whole", Instant::now()));
        let later = Instant::now() + Duration::from_secs(31);
        let probe = now(hosts.turn("broken", later));
        wait(hosts.turn("broken", later));
        probe.end(true);
        assert!(wait(hosts.turn("broken", Instant::now())) > Duration::from_secs(25), "still away");
        let later = Instant::now() + Duration::from_secs(31);
        now(hosts.turn("broken", later)).end(false);
        let _back: Vec<Place> = (0..4).map(|_| now(hosts.turn("broken", later))).collect();
    }

    #[test]
    fn answers_in_between_are_no_row_of_failures() {
        let hosts = Hosts::new(TERMS);
        for failed in [true, true, false, true, true] {
            now(hosts.turn("moody", Instant::now())).end(failed);
        }
        now(hosts.turn("moody", Instant::now()));
    }

    #[test]
    fn what_is_not_needed_is_forgotten() {
        let hosts = Hosts::new(TERMS);
        for number in 0..2 * MOST {
            now(hosts.turn(&number.to_string(), Instant::now())).end(false);
        }
        assert!(hosts.states().is_empty());
        let later = Instant::now() + Duration::from_secs(600);
        for number in 0..2 * MOST {
            now(hosts.turn(&number.to_string(), Instant::now())).end(true);
        }
        drop(hosts.turn("one more", later));
        assert!(hosts.states().len() <= MOST + 1);
    }
}
