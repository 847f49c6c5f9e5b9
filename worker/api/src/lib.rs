//! The words of the HTTP API, shared by everyone who speaks it.
//!
//! nginx (through `lua/native`) answers requests with them and the worker writes them into webhooks, so that a
//! task looks the same wherever it is read:
//!
//! - [`problem`]: the one list of error codes, and their RFC 9457 form;
//! - [`options`]: the fields of an upload, checked;
//! - [`order`]: the body of an order for an image that is kept, checked;
//! - [`key`]: API keys, and what is kept of them;
//! - [`link`]: the tokens of download links;
//! - [`channel`]: the ways of telling an owner;
//! - [`signing`]: the secrets that sign webhooks;
//! - [`filename`]: the name a result is downloaded under;
//! - [`task`]: the task object, made from the database's view of it.

pub mod channel;
pub mod filename;
pub mod key;
pub mod link;
pub mod options;
pub mod order;
pub mod problem;
pub mod signing;
pub mod task;
