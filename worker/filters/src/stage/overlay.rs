//! What is laid over the picture.

pub(crate) mod blend;
pub(crate) mod border;
mod compose;
mod modes;
mod placing;
pub(crate) mod shadow;
pub(crate) mod text;
pub(crate) mod watermark;
