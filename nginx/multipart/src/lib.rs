//! Request bodies into files and fields: multipart/form-data and bare bytes, pushed in pieces.
//!
//! A web server hands the pieces of a body to an [`Upload`] as they arrive. File parts are written to a [`Spool`] and
//! hashed on the way, plain fields are kept (bounded), and whenever the server has something to decide - what to
//! write about a file, whether a field is passed on - the upload stops and says so with a [`Step`]. At the end there
//! are [`Parts`], a JSON account of everything that came in, and a rewritten body that names the files instead of
//! holding them.
//!
//! ```
//! use imgfilter_multipart::{BodyKind, Limits, Spool, Step, Upload};
//!
//! fn receive(pieces: &[&[u8]], spool: Spool) -> Result<String, imgfilter_multipart::Error> {
//!     let BodyKind::Form { boundary } = BodyKind::of(b"multipart/form-data; boundary=XX")? else { unreachable!() };
//!     let mut upload = Upload::form(boundary, spool, Limits::default());
//!     for piece in pieces {
//!         let mut rest = *piece;
//!         while upload.push(&mut rest)? != Step::Hungry {}
//!     }
//!     while upload.end()? != Step::Done {}
//!     upload.keep_files();
//!     Ok(upload.parts().to_json())
//! }
//! ```
//!
//! An upload that is dropped without [`Upload::keep_files`] removes every file it made.
//! Bytes can also be added to a file that is there, by an [`Append`]; those stay whatever happens.
//! Nothing here knows of any server, and nothing is unsafe.
#![forbid(unsafe_code)]

mod append;
mod body_kind;
mod digests;
mod disposition;
mod error;
mod file_name;
mod form;
#[cfg(any(test, fuzzing))]
pub mod fuzzing;
mod header;
mod parameters;
mod part;
mod parts;
mod splitter;
mod spool;
mod sweep;
mod upload;

pub use append::{Append, Bounds};
pub use body_kind::BodyKind;
pub use digests::{Digests, Hashes};
pub use disposition::Disposition;
pub use error::Error;
pub use part::Part;
pub use parts::{DroppedPart, FieldPart, FilePart, Parts, Reason};
pub use spool::Spool;
pub use upload::{Limits, Step, Upload};
