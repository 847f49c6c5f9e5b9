//! Filters that give a picture a look: of a technique of art or print, or of a lens.

pub(crate) mod aberration;
pub(crate) mod cartoon;
pub(crate) mod glow;
pub(crate) mod halftone;
pub(crate) mod oil;
pub(crate) mod sketch;
