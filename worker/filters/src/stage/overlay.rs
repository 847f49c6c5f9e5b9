//! What is laid over the picture.

pub(crate) mod blend;
mod compose;
mod modes;
pub(crate) mod watermark;
