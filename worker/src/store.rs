//! The object store: the S3 client of the worker, and an S3 server for machines that have none.

pub mod embedded;
mod probe;
mod setup;

use std::io::Write;
use std::time::{Duration, SystemTime};

use aws_sdk_s3::Client;
use aws_sdk_s3::config::retry::RetryConfig;
use aws_sdk_s3::config::timeout::TimeoutConfig;
use aws_sdk_s3::config::{
    BehaviorVersion, Credentials, Region, RequestChecksumCalculation, ResponseChecksumValidation,
};
use aws_sdk_s3::error::{DisplayErrorContext, SdkError};
use aws_sdk_s3::operation::head_object::HeadObjectError;
use aws_sdk_s3::primitives::ByteStream;
use aws_sdk_s3::types::{Delete, ObjectIdentifier};
use aws_smithy_http_client::{Builder, tls};
use bytes::Bytes;
use thiserror::Error;

use crate::config::{self, ConfigError};
use crate::metrics::store::{Operation, asked};

pub use probe::Failure;
pub use setup::LifecycleRules;

/// Most keys that one request may delete: the protocol's limit.
pub const MAX_DELETE: usize = 1000;

/// Why the store did not do what it was asked.
#[derive(Debug, Error)]
pub enum StoreError {
    /// There is no such object.
    #[error("there is no object {0}")]
    Missing(String),
    /// The object is not as large as it should be.
    #[error("the object {key} has not the {expected} bytes it should have")]
    Size {
        /// Its key.
        key: String,
        /// What was expected.
        expected: u64,
    },
    /// The store cannot be reached, or refused.
    #[error("the object store failed: {0}")]
    Failed(String),
}

impl StoreError {
    fn of<E: std::error::Error + Send + Sync + 'static, R: std::fmt::Debug + Send + Sync + 'static>(
        error: SdkError<E, R>,
    ) -> Self {
        Self::Failed(DisplayErrorContext(error).to_string())
    }
}

/// An object that a listing has shown.
#[derive(Debug, Clone)]
pub struct Listed {
    /// Its key.
    pub key: String,
    /// When it was last written; unknown for stores that do not say.
    pub modified: Option<SystemTime>,
}

/// A page of a listing.
#[derive(Debug, Clone)]
pub struct Page {
    /// Its objects.
    pub objects: Vec<Listed>,
    /// Where the next page begins; none: this was the last.
    pub next: Option<String>,
}

/// What came of deleting a batch: a store may delete some objects and refuse others.
#[derive(Debug, Clone, Default)]
pub struct Deleted {
    /// Keys that were not deleted, and why.
    pub refused: Vec<(String, String)>,
}

/// A bucket.
#[derive(Clone)]
pub struct Store {
    client: Client,
    bucket: String,
    read_timeout: Duration,
}

impl Store {
    /// A client for this bucket. Nothing is connected before the first request.
    pub fn new(config: &config::S3) -> Result<Self, ConfigError> {
        let (access_key, secret_key) = config.credentials.pair()?;
        let http = Builder::new()
            .tls_provider(tls::Provider::Rustls(tls::rustls_provider::CryptoMode::Ring))
            .build_https();
        let timeouts = TimeoutConfig::builder()
            .connect_timeout(config.s3_timeout.min(Duration::from_secs(5)))
            .operation_timeout(config.s3_timeout)
            .build();
        let settings = aws_sdk_s3::Config::builder()
            .behavior_version(BehaviorVersion::latest())
            .http_client(http)
            .region(Region::new(config.s3_region.clone()))
            .endpoint_url(&config.s3_endpoint)
            .force_path_style(true)
            .credentials_provider(Credentials::new(
                access_key.reveal(),
                secret_key.reveal(),
                None,
                None,
                "imgfilter",
            ))
            // The queue tries again; here only what passes at once.
            .retry_config(RetryConfig::standard().with_max_attempts(2))
            .timeout_config(timeouts)
            // Not every S3 knows the newer checksums, and the payload's SHA-256 is signed anyway.
            .request_checksum_calculation(RequestChecksumCalculation::WhenRequired)
            .response_checksum_validation(ResponseChecksumValidation::WhenRequired)
            .build();
        Ok(Self {
            client: Client::from_conf(settings),
            bucket: config.s3_bucket.clone(),
            // A slow store may need its time for a large object; what hangs must end all the same.
            read_timeout: config.s3_timeout * 2,
        })
    }

    /// Whether the store answers and has the bucket.
    pub async fn ready(&self) -> Result<(), StoreError> {
        asked(Operation::Head, async {
            self.client.head_bucket().bucket(&self.bucket).send().await.map_err(StoreError::of)?;
            Ok(())
        })
        .await
    }

    /// Reads an object of a known size into something; no more than that, and not for ever.
    pub async fn read_into(&self, into: &mut impl Write, key: &str, size: u64) -> Result<(), StoreError> {
        let within = self.read_timeout;
        let late = |_| StoreError::Failed(format!("{key} did not arrive within {within:?}"));
        asked(Operation::Get, async {
            tokio::time::timeout(within, self.get(into, key, size)).await.map_err(late)?
        })
        .await
    }

    async fn get(&self, into: &mut impl Write, key: &str, size: u64) -> Result<(), StoreError> {
        let request = self.client.get_object().bucket(&self.bucket).key(key);
        let answer = request.send().await.map_err(|error| {
            match error
                .as_service_error()
                .is_some_and(aws_sdk_s3::operation::get_object::GetObjectError::is_no_such_key)
            {
                true => StoreError::Missing(key.to_owned()),
                false => StoreError::of(error),
            }
        })?;
        let mut left = usize::try_from(size).unwrap_or(usize::MAX);
        let mut body = answer.body;
        let wrong_size = || StoreError::Size { key: key.to_owned(), expected: size };
        while let Some(chunk) = body.next().await {
            let chunk = chunk.map_err(|error| StoreError::Failed(DisplayErrorContext(error).to_string()))?;
            left = left.checked_sub(chunk.len()).ok_or_else(wrong_size)?;
            into.write_all(&chunk).map_err(|error| StoreError::Failed(error.to_string()))?;
        }
        if left == 0 { Ok(()) } else { Err(wrong_size()) }
    }

    /// How many bytes an object has; `None`: there is no such object.
    pub async fn size(&self, key: &str) -> Result<Option<u64>, StoreError> {
        match self.client.head_object().bucket(&self.bucket).key(key).send().await {
            Ok(answer) => {
                Ok(Some(answer.content_length().and_then(|size| u64::try_from(size).ok()).unwrap_or(0)))
            }
            Err(error) => match error.as_service_error().is_some_and(HeadObjectError::is_not_found) {
                true => Ok(None),
                false => Err(StoreError::of(error)),
            },
        }
    }

    /// Writes an object.
    pub async fn put(&self, key: &str, bytes: Bytes, mime: &str) -> Result<(), StoreError> {
        let request = self.client.put_object().bucket(&self.bucket).key(key).content_type(mime);
        asked(Operation::Put, async {
            request.body(ByteStream::from(bytes)).send().await.map_err(StoreError::of)?;
            Ok(())
        })
        .await
    }

    /// Deletes up to [`MAX_DELETE`] objects; those that are not there count as deleted.
    pub async fn delete(&self, keys: &[String]) -> Result<Deleted, StoreError> {
        let objects: Result<Vec<_>, _> =
            keys.iter().map(|key| ObjectIdentifier::builder().key(key).build()).collect();
        let built =
            objects.and_then(|objects| Delete::builder().set_objects(Some(objects)).quiet(true).build());
        let delete = built.map_err(|error| StoreError::Failed(error.to_string()))?;
        let request = self.client.delete_objects().bucket(&self.bucket).delete(delete);
        let answer = asked(Operation::Delete, async { request.send().await.map_err(StoreError::of) }).await?;
        let refused = answer.errors().iter().map(|error| {
            let why = error.message().or(error.code()).unwrap_or("no reason given").to_owned();
            // Without a key nobody knows what is still there: then nothing of this batch counts as deleted.
            error.key().map(|key| (key.to_owned(), why.clone())).ok_or(StoreError::Failed(why))
        });
        Ok(Deleted { refused: refused.collect::<Result<_, _>>()? })
    }

    /// A page of the objects whose keys begin with `prefix`, in order.
    pub async fn list(&self, prefix: &str, from: Option<String>) -> Result<Page, StoreError> {
        let request = self.client.list_objects_v2().bucket(&self.bucket).prefix(prefix);
        let request = request.set_continuation_token(from);
        let answer = asked(Operation::List, async { request.send().await.map_err(StoreError::of) }).await?;
        let objects = answer.contents().iter().filter_map(|object| {
            let modified = object.last_modified().and_then(|at| SystemTime::try_from(*at).ok());
            Some(Listed { key: object.key()?.to_owned(), modified })
        });
        Ok(Page { objects: objects.collect(), next: answer.next_continuation_token().map(str::to_owned) })
    }
}
