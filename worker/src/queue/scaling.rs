//! How many workers it takes.

use std::time::Duration;

use crate::config::Scaling;
use crate::db::state::ServiceState;
use crate::db::tasks::Lane;

/// The most workers that are ever wanted: an estimate gone wild must not order a thousand machines.
const MOST: u32 = 1000;

/// What the number of workers depends on.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Load {
    /// Seconds of an engine that are ordered each second.
    pub arrival_cost: f64,
    /// Seconds that one engine would take for all that is ready.
    pub backlog_seconds: f64,
    /// Seconds that the oldest ready task has waited.
    pub oldest_seconds: f64,
    /// Workers that there are.
    pub workers: u32,
    /// Images that one worker filters at the same time.
    pub slots: f64,
}

impl Load {
    /// What was counted; a worker has so many slots where none has said how many.
    pub fn of(state: &ServiceState, slots: usize) -> Self {
        let oldest = Lane::ALL.iter().filter_map(|lane| state.lanes.get(lane.name())).map(|load| load.oldest);
        Self {
            arrival_cost: state.arrival_cost,
            backlog_seconds: state.backlog_seconds,
            oldest_seconds: oldest.fold(0.0, f64::max),
            workers: state.workers,
            slots: state.slots.unwrap_or(slots as f64),
        }
    }
}

/// Workers that it takes to filter what arrives, and what waits within the operator's patience, while their engines are
/// busy for no more than the share of time that he wants:
///
/// ```text
/// ceil((arrival_cost + backlog_seconds / patience) / (slots * utilization))
/// ```
///
/// At least 1, so that what comes next is begun at once and somebody counts. While a task has waited for longer than that
/// patience there is no reason to have fewer than there are, whatever the estimates say.
pub fn workers_wanted(load: &Load, terms: &Scaling) -> u32 {
    let patience = terms.backlog_patience.max(Duration::from_secs(1)).as_secs_f64();
    let busy = load.arrival_cost.max(0.0) + load.backlog_seconds.max(0.0) / patience;
    let wanted = (busy / (load.slots.max(1.0) * terms.utilization)).ceil();
    // Casts of floating-point numbers stop at the ends of the range, and what is no number becomes 0.
    let wanted = (wanted as u32).clamp(1, MOST);
    if load.oldest_seconds > patience { wanted.max(load.workers) } else { wanted }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TERMS: Scaling = Scaling { backlog_patience: Duration::from_secs(60), utilization: 0.5 };
    const NOTHING: Load =
        Load { arrival_cost: 0.0, backlog_seconds: 0.0, oldest_seconds: 0.0, workers: 3, slots: 4.0 };

    fn wanted(load: Load) -> u32 {
        workers_wanted(&load, &TERMS)
    }

    #[test]
    fn one_is_always_wanted() {
        assert_eq!(wanted(NOTHING), 1);
        assert_eq!(wanted(Load { arrival_cost: -5.0, slots: 0.0, ..NOTHING }), 1);
        assert_eq!(wanted(Load { arrival_cost: f64::NAN, ..NOTHING }), 1);
    }

    #[test]
    fn what_arrives_is_filtered_by_engines_that_have_time_to_spare() {
        assert_eq!(wanted(Load { arrival_cost: 2.0, ..NOTHING }), 1, "4 slots, busy for half of the time");
        assert_eq!(wanted(Load { arrival_cost: 2.1, ..NOTHING }), 2);
        assert_eq!(wanted(Load { arrival_cost: 20.0, ..NOTHING }), 10);
        assert_eq!(wanted(Load { arrival_cost: 20.0, slots: 16.0, ..NOTHING }), 3);
    }

    #[test]
    fn what_waits_is_to_be_done_within_the_patience() {
        assert_eq!(wanted(Load { backlog_seconds: 600.0, ..NOTHING }), 5, "ten engines for a minute");
        assert_eq!(wanted(Load { backlog_seconds: 600.0, arrival_cost: 10.0, ..NOTHING }), 10);
    }

    #[test]
    fn none_goes_while_work_is_old() {
        assert_eq!(wanted(Load { oldest_seconds: 59.0, ..NOTHING }), 1);
        assert_eq!(wanted(Load { oldest_seconds: 61.0, ..NOTHING }), 3);
        assert_eq!(
            wanted(Load { oldest_seconds: 61.0, backlog_seconds: 600.0, ..NOTHING }),
            5,
            "more may come"
        );
    }

    #[test]
    fn there_is_an_end_to_it() {
        assert_eq!(wanted(Load { backlog_seconds: f64::INFINITY, ..NOTHING }), 1000);
        let state = ServiceState::default();
        assert_eq!(Load::of(&state, 8).slots, 8.0, "nobody has said how many");
    }
}
