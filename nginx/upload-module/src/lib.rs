//! nginx upload module: spools request bodies to files and hands the rest on.
//!
//! Directives and variables are those of the classic upload module, and a few of our own. This crate is nginx's side
//! of it: what a body means is decided in `imgfilter-multipart`. One upload runs through
//! [`handler`] (may this request upload?), [`body`] ([`pieces`] of the body to the parser, unbuffered, at their
//! [`pace`]), [`work`] (parsing, hashing and files, on a [`thread`] where there are some), [`handover`] (the rewritten body to the next location) and, when the request ends, [`slot`] (files go or stay).
//!
//! Callbacks of nginx are `extern "C"` functions that catch every panic; raw requests are behind
//! [`request::Request`], so that what is decided reads as ordinary code.

mod appending;
mod body;
mod conf;
mod directives;
mod handler;
mod handover;
mod headers;
mod log_mask;
mod module;
mod pace;
mod panics;
mod pattern;
mod pieces;
mod process;
mod request;
mod slot;
mod status_set;
mod store;
mod template;
mod thread;
mod timer;
mod unlock;
mod variables;
mod work;
