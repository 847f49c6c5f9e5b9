//! The image filter service: the daemon that does the work and the command line around it.
//!
//! A task's way: [`queue`] claims it from PostgreSQL ([`db`]), fetches the original from S3 ([`store`]), has it filtered
//! by an [`engine`], stores the results and completes it; [`notify`] tells the user; [`cleanup`] removes what
//! has ended.

pub mod calibrate;
pub mod cleanup;
pub mod cli;
pub mod cmd;
pub mod config;
pub mod db;
pub mod doctor;
pub mod engine;
pub mod logging;
pub mod metrics;
pub mod nginx;
pub mod notify;
pub mod queue;
pub mod shutdown;
pub mod spans;
pub mod store;
pub mod systemd;
