//! The words of the HTTP API, shared by everyone who speaks it.
//!
//! nginx (through `lua/native`) answers requests with them and the worker writes them into webhooks, so that a
//! task looks the same wherever it is read:
//!
//! - [`problem`]: the one list of error codes, and their RFC 9457 form;
//! - [`options`]: the fields of an upload, checked;
//! - [`telling`]: those of them that say whom to tell;
//! - [`channel`], [`address`]: the ways of telling, and what can be told by each;
//! - [`target`]: the list of those whom an owner has told of all tasks;
//! - [`delivery`]: what was told, and how it went;
//! - [`signing`]: the secrets that sign webhooks;
//! - [`order`]: the body of an order for an image that is kept, checked;
//! - [`key`]: API keys, and what is kept of them;
//! - [`link`]: the tokens of download links;
//! - [`filename`]: the name a result is downloaded under;
//! - [`task`]: the task object, made from the database's view of it;
//! - [`trace`]: the trace of the request that ordered it.

pub mod address;
pub mod channel;
pub mod delivery;
pub mod filename;
pub mod key;
pub mod link;
pub mod options;
pub mod order;
pub mod problem;
pub mod signing;
pub mod target;
pub mod task;
pub mod telling;
pub mod trace;
