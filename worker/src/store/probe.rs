//! Everything that the service asks of a store, tried with one small object.

use aws_sdk_s3::config::http::HttpResponse;
use aws_sdk_s3::error::{ProvideErrorMetadata, SdkError};
use aws_sdk_s3::primitives::ByteStream;

use super::{Store, StoreError};

/// What is written.
const BYTES: &[u8] = b"imgfilter doctor";
/// The part of it that is asked for alone.
const RANGE: (usize, usize) = (2, 5);

/// What a store did not do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Failure {
    /// What it was asked.
    pub step: &'static str,
    /// Its error code, if it answered with one.
    pub code: Option<String>,
    /// What it said, or why it could not be asked.
    pub words: String,
}

impl Failure {
    fn of<E>(step: &'static str, error: SdkError<E, HttpResponse>) -> Self
    where
        E: ProvideErrorMetadata + std::error::Error + Send + Sync + 'static,
    {
        let code = error.code().map(str::to_owned);
        let status = error.raw_response().map(|response| response.status().as_u16());
        let words = match (&code, error.message(), status) {
            (Some(code), Some(message), _) => format!("{code}: {message}"),
            (Some(code), None, _) => code.clone(),
            (None, _, Some(status)) => format!("it answered {status}"),
            _ => crate::cli::with_causes(&error),
        };
        Self { step, code, words }
    }

    fn said(step: &'static str, words: impl Into<String>) -> Self {
        Self { step, code: None, words: words.into() }
    }
}

impl Store {
    /// Writes an object of this key, reads it, whole and in part, lists it, and deletes it again. The key must be nobody
    /// else's.
    ///
    /// # Errors
    /// The first thing that the store did not do as it should; the object is deleted all the same, if it can be.
    pub async fn probe(&self, key: &str) -> Result<(), Failure> {
        let put = self.client.put_object().bucket(&self.bucket).key(key).content_type("text/plain");
        put.body(ByteStream::from_static(BYTES))
            .send()
            .await
            .map_err(|error| Failure::of("PutObject", error))?;
        let read = self.read_back(key).await;
        let deleted = self.delete(&[key.to_owned()]).await;
        read?;
        match deleted {
            Ok(deleted) => match deleted.refused.into_iter().next() {
                None => Ok(()),
                Some((_, why)) => Err(Failure::said("DeleteObjects", why)),
            },
            Err(StoreError::Failed(why)) => Err(Failure::said("DeleteObjects", why)),
            Err(error) => Err(Failure::said("DeleteObjects", error.to_string())),
        }
    }

    async fn read_back(&self, key: &str) -> Result<(), Failure> {
        let (first, last) = RANGE;
        let part = format!("bytes={first}-{last}");
        for (step, range, expected) in
            [("GetObject", None, BYTES), ("GetObject with a range", Some(part), &BYTES[first..=last])]
        {
            let get = self.client.get_object().bucket(&self.bucket).key(key).set_range(range);
            let answer = get.send().await.map_err(|error| Failure::of(step, error))?;
            let body = answer.body.collect().await.map_err(|error| Failure::said(step, error.to_string()))?;
            if body.into_bytes() != expected {
                return Err(Failure::said(step, "it gave other bytes than were asked for"));
            }
        }
        let list = self.client.list_objects_v2().bucket(&self.bucket).prefix(key);
        let listed = list.send().await.map_err(|error| Failure::of("ListObjectsV2", error))?;
        match listed.contents().iter().any(|object| object.key() == Some(key)) {
            true => Ok(()),
            false => Err(Failure::said("ListObjectsV2", "what was just written is not in the list")),
        }
    }
}
