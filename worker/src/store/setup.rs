//! What a bucket does by itself: its lifecycle, and uploads in parts that nobody ended. The service makes none of these;
//! other programs may, and a client of the store after a failure.

use std::time::{Duration, SystemTime};

use aws_sdk_s3::error::{ProvideErrorMetadata, SdkError};
use aws_sdk_s3::types::{
    AbortIncompleteMultipartUpload, BucketLifecycleConfiguration, ExpirationStatus, LifecycleExpiration,
    LifecycleRule, LifecycleRuleFilter,
};

use super::{Store, StoreError};

/// What the names of our rules begin with.
const OURS: &str = "imgfilter-";
/// Days after which the store gives up uploads in parts.
const ABORT_AFTER: i32 = 2;

/// What became of rules that were to be written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LifecycleRules {
    /// They are in force.
    Written,
    /// The store does not know such rules.
    Unknown,
}

impl Store {
    /// Has the store give up uploads in parts under these prefixes, and delete objects under those that have days when they
    /// are so many days old. Rules that are not ours stay.
    ///
    /// # Errors
    /// The store failed, or refused.
    pub async fn set_lifecycle(
        &self,
        prefixes: &[(&str, Option<i32>)],
    ) -> Result<LifecycleRules, StoreError> {
        let Some(others) = self.lifecycle().await? else { return Ok(LifecycleRules::Unknown) };
        // Not every store that has such rules gives up uploads by them.
        for with_abort in [true, false] {
            // a rule that would do nothing is refused
            let ours = prefixes.iter().filter(|(_, days)| with_abort || days.is_some());
            let ours = ours.map(|(prefix, days)| rule(prefix, *days, with_abort));
            let ours =
                ours.collect::<Result<Vec<_>, _>>().map_err(|error| StoreError::Failed(error.to_string()))?;
            let rules = others.iter().cloned().chain(ours).collect();
            let rules = BucketLifecycleConfiguration::builder().set_rules(Some(rules)).build();
            let rules = rules.map_err(|error| StoreError::Failed(error.to_string()))?;
            let request = self.client.put_bucket_lifecycle_configuration().bucket(&self.bucket);
            match request.lifecycle_configuration(rules).send().await {
                Ok(_) => return Ok(LifecycleRules::Written),
                Err(error) if is_unknown(&error) => return Ok(LifecycleRules::Unknown),
                Err(error) if with_abort && error.raw_response().is_some() => {
                    tracing::debug!(error = %StoreError::of(error), "trying without giving up uploads");
                }
                Err(error) => return Err(StoreError::of(error)),
            }
        }
        Ok(LifecycleRules::Unknown)
    }

    /// The bucket's rules but for ours; `None`: the store does not know any.
    async fn lifecycle(&self) -> Result<Option<Vec<LifecycleRule>>, StoreError> {
        match self.client.get_bucket_lifecycle_configuration().bucket(&self.bucket).send().await {
            Ok(there) => {
                let is_other = |rule: &&LifecycleRule| !rule.id().is_some_and(|id| id.starts_with(OURS));
                Ok(Some(there.rules().iter().filter(is_other).cloned().collect()))
            }
            Err(error) if error.code() == Some("NoSuchLifecycleConfiguration") => Ok(Some(Vec::new())),
            Err(error) if is_unknown(&error) => Ok(None),
            Err(error) => Err(StoreError::of(error)),
        }
    }

    /// Gives up uploads in parts under these prefixes that began longer than `age` ago. Returns how many; `None`: the store
    /// does not know such uploads.
    ///
    /// # Errors
    /// The store failed.
    pub async fn abort_uploads(&self, prefixes: &[&str], age: Duration) -> Result<Option<u64>, StoreError> {
        let mut aborted = 0;
        for prefix in prefixes {
            let (mut key, mut upload) = (None, None);
            loop {
                let request = self.client.list_multipart_uploads().bucket(&self.bucket).prefix(*prefix);
                let request = request.set_key_marker(key).set_upload_id_marker(upload);
                let page = match request.send().await {
                    Err(error) if is_unknown(&error) => return Ok(None),
                    page => page.map_err(StoreError::of)?,
                };
                for one in page.uploads() {
                    let begun = one.initiated().and_then(|at| SystemTime::try_from(*at).ok());
                    let is_old = begun.is_some_and(|at| at.elapsed().is_ok_and(|since| since >= age));
                    if let (true, Some(key), Some(id)) = (is_old, one.key(), one.upload_id()) {
                        let abort = self.client.abort_multipart_upload().bucket(&self.bucket);
                        abort.key(key).upload_id(id).send().await.map_err(StoreError::of)?;
                        aborted += 1;
                    }
                }
                (key, upload) = (
                    page.next_key_marker().map(str::to_owned),
                    page.next_upload_id_marker().map(str::to_owned),
                );
                if page.is_truncated() != Some(true) || key.is_none() {
                    break;
                }
            }
        }
        Ok(Some(aborted))
    }
}

fn rule(
    prefix: &str,
    days: Option<i32>,
    with_abort: bool,
) -> Result<LifecycleRule, aws_sdk_s3::error::BuildError> {
    let rule = LifecycleRule::builder()
        .id(format!("{OURS}{}", prefix.trim_end_matches('/')))
        .status(ExpirationStatus::Enabled)
        .filter(LifecycleRuleFilter::builder().prefix(prefix).build())
        .set_expiration(days.map(|days| LifecycleExpiration::builder().days(days).build()));
    let abort = AbortIncompleteMultipartUpload::builder().days_after_initiation(ABORT_AFTER).build();
    if with_abort { rule.abort_incomplete_multipart_upload(abort) } else { rule }.build()
}

/// Whether the store says that it does not know what it was asked.
fn is_unknown<E: ProvideErrorMetadata>(error: &SdkError<E, aws_sdk_s3::config::http::HttpResponse>) -> bool {
    let status = error.raw_response().map(|response| response.status().as_u16());
    matches!(status, Some(405 | 501)) || error.code() == Some("NotImplemented")
}
