//! What the first frame of an animation decides for all of its frames.

use std::sync::{Mutex, PoisonError};

use crate::context::Context;
use crate::refusal::Refusal;

/// A value that is found in the first frame and holds for those that follow.
///
/// It belongs to a step of a chain; a chain is read anew for every job, so no other picture sees it.
#[derive(Debug)]
pub(in crate::stage) struct Settled<T>(Mutex<Option<T>>);

impl<T: Copy> Settled<T> {
    /// Nothing yet.
    pub fn new() -> Self {
        Self(Mutex::new(None))
    }

    /// The value for this frame; `find` looks for it in the first one.
    ///
    /// # Errors
    /// What `find` says.
    pub fn settle(
        &self,
        context: &Context<'_>,
        find: impl FnOnce() -> Result<T, Refusal>,
    ) -> Result<T, Refusal> {
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if context.frame_index > 0
            && let Some(value) = *known
        {
            return Ok(value);
        }
        let value = find()?;
        *known = Some(value);
        Ok(value)
    }
}
