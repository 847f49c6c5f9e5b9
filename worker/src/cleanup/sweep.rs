//! Objects that belong to no one: of uploads that were refused after their object was stored, of workers that died
//! before they could tell what they had made.

use std::time::{Duration, SystemTime};

use super::{Cleanup, CleanupError};
use crate::store::Listed;

/// Where our objects are: originals and results. Nothing else in the bucket is touched.
const PREFIXES: [&str; 2] = ["o/", "r/"];

impl Cleanup<'_> {
    /// Walks over all objects, and deletes those that are old enough and unknown to the database.
    pub(super) async fn sweep_objects(&mut self) -> Result<(), CleanupError> {
        for prefix in PREFIXES {
            let mut from = None;
            while !self.time_is_up() {
                let page = self.store.list(prefix, from).await?;
                let old = old_keys(&page.objects, SystemTime::now(), self.terms.settings.orphan_age);
                self.remove_orphans(&old).await?;
                match page.next {
                    Some(next) => from = Some(next),
                    None => break,
                }
            }
        }
        Ok(())
    }

    async fn remove_orphans(&mut self, old: &[String]) -> Result<(), CleanupError> {
        for keys in old.chunks(self.batch()) {
            let orphans = self.db.orphans(keys).await?;
            if !self.terms.dry_run && !orphans.is_empty() {
                let refused = self.store.delete(&orphans).await?.refused.len();
                self.report.refused += refused as u64;
                self.report.orphans += (orphans.len() - refused) as u64;
            } else {
                self.report.orphans += orphans.len() as u64;
            }
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
