//! The service without its edge: a real PostgreSQL, the real embedded store and real workers, each a process of its
//! own, so that they can be stopped, killed and started again.

mod cleanup;
mod command;
mod failures;
mod migrations;
mod sql;
mod stage;
mod webhooks;
mod work;
