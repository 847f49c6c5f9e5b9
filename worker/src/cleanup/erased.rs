//! Objects of what was erased: their rows are gone already, and somebody may be waiting for them to go, too.

use super::{Cleanup, CleanupError, Stage, Tally};

impl Cleanup<'_> {
    /// Deletes the objects of all that was erased.
    pub async fn remove_erased(&self) -> Result<(), CleanupError> {
        self.tally.enter(Stage::Erased);
        self.in_lanes(|| self.remove_some_erased()).await
    }

    /// A batch of them. False: there are none left.
    async fn remove_some_erased(&self) -> Result<bool, CleanupError> {
        let keys = self.db.erased_objects(self.rows(), self.pace.lease).await?;
        if keys.is_empty() {
            return Ok(false);
        }
        let refused = self.delete(&keys).await?;
        let gone: Vec<String> = keys.into_iter().filter(|key| !refused.contains(key)).collect();
        Tally::add(&self.tally.erased, self.db.remove_erased_objects(&gone).await?);
        Ok(true)
    }
}
