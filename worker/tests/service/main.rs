//! The service without its edge: a real PostgreSQL, the real embedded store and real workers, each a process of its
//! own, so that they can be stopped, killed and started again.

#![allow(clippy::unwrap_used, reason = "a test that cannot unwrap says less, not more")]

mod channels;
mod claims;
mod cleanup;
mod command;
mod completions;
mod engines;
mod erasure;
mod failures;
mod keys;
mod links;
mod metrics;
mod migrations;
mod notify_command;
mod pressure;
mod queue;
mod sql;
mod stage;
mod store;
mod strangers;
mod targets;
mod telling;
mod traces;
mod webhooks;
mod work;
