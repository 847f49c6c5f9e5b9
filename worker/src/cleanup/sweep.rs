//! Objects that belong to no one: of uploads that were refused after their object was stored, of workers that died
//! before they could tell what they had made.

use std::time::{Duration, SystemTime};

use futures_util::stream::{self, Stream, TryStreamExt};

use super::{Cleanup, CleanupError, Tally};
use crate::store::{Listed, Page};

/// Where our objects are: originals and results. Nothing else in the bucket is touched.
pub const PREFIXES: [&str; 2] = [ORIGINALS, RESULTS];
/// Where originals are.
pub const ORIGINALS: &str = "o/";
/// Where results are.
pub const RESULTS: &str = "r/";

impl Cleanup<'_> {
    /// Walks over all objects, and deletes those that are older than `age` and unknown to the database; or counts them.
    /// The next page is asked for while the last ones are looked at.
    pub(super) async fn sweep_objects(&self, age: Duration, dry_run: bool) -> Result<(), CleanupError> {
        for prefix in PREFIXES {
            self.pages(prefix)
                .try_for_each_concurrent(self.lanes(), |page| async move {
                    Tally::add(&self.tally.listed, page.objects.len() as u64);
                    self.sweep_keys(&old_keys(&page.objects, SystemTime::now(), age), dry_run).await
                })
                .await?;
        }
        Ok(())
    }

    /// All objects under a prefix, as long as there is time.
    fn pages(&self, prefix: &'static str) -> impl Stream<Item = Result<Page, CleanupError>> {
        stream::try_unfold(Some(None), move |place: Option<Option<String>>| async move {
            let Some(from) = place.filter(|_| self.goes_on()) else { return Ok(None) };
            let page = self.store.list(prefix, from).await?;
            let next = page.next.clone().map(Some);
            Ok(Some((page, next)))
        })
    }

    async fn sweep_keys(&self, old: &[String], dry_run: bool) -> Result<(), CleanupError> {
        for keys in old.chunks(self.batch()) {
            let orphans = self.db.orphans(keys).await?;
            let refused = if dry_run || orphans.is_empty() { 0 } else { self.delete(&orphans).await?.len() };
            Tally::add(&self.tally.orphans, (orphans.len() - refused) as u64);
        }
        Ok(())
    }
}

/// The keys that are older than `age`. One whose age is unknown is not old.
fn old_keys(objects: &[Listed], now: SystemTime, age: Duration) -> Vec<String> {
    let is_old = |modified: SystemTime| now.duration_since(modified).is_ok_and(|since| since >= age);
    let old = objects.iter().filter(|object| object.modified.is_some_and(is_old));
    old.map(|object| object.key.clone()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_young_and_the_ageless_are_spared() {
        let now = SystemTime::now();
        let listed = |key: &str, modified| Listed { key: key.to_owned(), modified };
        let objects = [
            listed("old", Some(now - Duration::from_secs(60))),
            listed("young", Some(now - Duration::from_secs(59))),
            listed("ageless", None),
            listed("from the future", Some(now + Duration::from_secs(5))),
        ];
        assert_eq!(old_keys(&objects, now, Duration::from_secs(60)), ["old"]);
    }
}
