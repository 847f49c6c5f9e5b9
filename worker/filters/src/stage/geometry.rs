//! Geometry: what is cut out, put around, slanted and distorted.

mod canvas;
mod gravity;
pub(crate) mod pad;
pub(crate) mod perspective;
mod saliency;
mod settled;
pub(crate) mod shear;
pub(crate) mod smartcrop;
pub(crate) mod trim;
mod warp;

pub(super) use canvas::{cut_out, placed, shade};
pub(super) use gravity::{Focus, Gravity};
pub(super) use saliency::most_salient;
pub(super) use settled::Settled;
pub(super) use warp::{Map, warp};
