//! The image filter service: the daemon that does the work and the command line around it.

pub mod cli;
pub mod cmd;
pub mod config;
pub mod db;
pub mod shutdown;
pub mod store;
