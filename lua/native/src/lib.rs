//! What the Lua side asks of Rust, through LuaJIT's FFI: JSON in, JSON out.
//!
//! A thin skin: the words of the API are `imgfilter-api`'s, images and chains are `imgfilter-filters`'. What is here
//! binds them to one request of the edge:
//!
//! - [`calls`]: the list of calls and the envelope of their answers;
//! - [`state`]: the configuration that all calls share;
//! - [`prepare`]: an upload's parts into the request that creates its task;
//! - [`again`]: an order for a kept image into such a request;
//! - [`notifications`]: whom an owner has told, and what was told;
//! - [`sign`]: AWS Signature Version 4 for the storage gateway;
//! - [`spool`]: how much room uploads have;
//! - [`ffi`]: the C functions, and all of the `unsafe`.

pub mod again;
pub mod calls;
pub mod ffi;
pub mod notifications;
pub mod prepare;
pub mod sign;
pub mod spool;
pub mod state;
pub mod uploads;
