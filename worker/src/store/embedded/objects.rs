//! Reading, writing, copying and deleting objects.

use std::ops::Range;
use std::sync::Arc;
use std::time::SystemTime;

use http::HeaderMap;
use http::header::ETAG;
use s3s::S3ErrorCode::{NoSuchBucket, NoSuchKey};
use s3s::dto::*;
use s3s::{S3Error, S3ErrorCode, S3Request, S3Response, S3Result, s3_error};

use super::body::{FileBody, Received, expected, receive};
use super::checks::Checks;
use super::disk::Disk;
use super::errors::{blocking, failed, missing};
use super::headers;
use super::record::{Record, Stored};
use super::uploads;

type Answer<T> = S3Result<S3Response<T>>;

/// An object that was asked for, which may be in a bucket that is not there.
pub async fn find(disk: &Arc<Disk>, bucket: String, key: String) -> S3Result<Stored> {
    let disk = Arc::clone(disk);
    blocking(move || {
        disk.object(&bucket, &key).map_err(|error| match disk.existing(&bucket) {
            Ok(_) => missing(NoSuchKey)(error),
            Err(error) => missing(NoSuchBucket)(error),
        })
    })
    .await?
}

/// What a request asks of an object's version before it wants it.
#[derive(Debug, Default)]
struct Conditions {
    matches: Option<ETagCondition>,
    matches_none: Option<ETagCondition>,
    modified_since: Option<Timestamp>,
    unmodified_since: Option<Timestamp>,
}

impl Conditions {
    /// In the order of RFC 9110, section 13.2.2; `unmet` is for a version that the client has already.
    fn check(&self, stored: &Stored, unmet: S3ErrorCode) -> S3Result<()> {
        let etag = ETag::Strong(stored.record.etag.clone());
        let is =
            |condition: &ETagCondition| condition.as_etag().is_none_or(|wanted| wanted.strong_cmp(&etag));
        let is_like =
            |condition: &ETagCondition| condition.as_etag().is_none_or(|unwanted| unwanted.weak_cmp(&etag));
        // Dates are whole seconds.
        let modified = whole_seconds(stored.modified);
        match (&self.matches, &self.unmodified_since) {
            (Some(wanted), _) if !is(wanted) => return Err(s3_error!(PreconditionFailed)),
            (None, Some(date)) if modified > *date => return Err(s3_error!(PreconditionFailed)),
            _ => {}
        }
        match (&self.matches_none, &self.modified_since) {
            (Some(unwanted), _) if is_like(unwanted) => Err(known(unmet, &etag)),
            (None, Some(date)) if modified <= *date => Err(known(unmet, &etag)),
            _ => Ok(()),
        }
    }
}

/// The client has this version already; which one that is, it is told again.
fn known(code: S3ErrorCode, etag: &ETag) -> S3Error {
    let mut error = S3Error::new(code);
    if let Ok(value) = etag.to_http_header() {
        error.set_headers(HeaderMap::from_iter([(ETAG, value)]));
    }
    error
}

fn whole_seconds(time: SystemTime) -> Timestamp {
    let since = time.duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
    Timestamp::from(SystemTime::UNIX_EPOCH + std::time::Duration::from_secs(since.as_secs()))
}

/// The part of an object that a range asks for.
fn part_of(stored: &Stored, range: Option<s3s::dto::Range>) -> S3Result<(Range<u64>, Option<String>)> {
    let Some(range) = range else { return Ok((0..stored.size, None)) };
    let part = range.check(stored.size)?;
    if part.is_empty() {
        return Err(s3_error!(InvalidRange));
    }
    let shown = format!("bytes {}-{}/{}", part.start, part.end - 1, stored.size);
    Ok((part, Some(shown)))
}

fn length(range: &Range<u64>) -> S3Result<i64> {
    i64::try_from(range.end - range.start).map_err(|_| s3_error!(InternalError))
}

/// GetObject. Headers that the request names itself (`response-content-type` and the like) stand in the place of those that
/// are kept.
pub async fn get(disk: &Arc<Disk>, input: GetObjectInput) -> Answer<GetObjectOutput> {
    let stored = find(disk, input.bucket, input.key).await?;
    let conditions = Conditions {
        matches: input.if_match,
        matches_none: input.if_none_match,
        modified_since: input.if_modified_since,
        unmodified_since: input.if_unmodified_since,
    };
    conditions.check(&stored, S3ErrorCode::NotModified)?;
    let (part, content_range) = part_of(&stored, input.range)?;
    let record = stored.record;
    let content_length = Some(length(&part)?);
    let body = FileBody::new(stored.file, part.start, part.end);
    Ok(S3Response::new(GetObjectOutput {
        accept_ranges: Some("bytes".to_owned()),
        body: Some(StreamingBlob::new(body)),
        cache_control: input.response_cache_control.or_else(|| record.header(headers::CACHE_CONTROL)),
        content_disposition: input
            .response_content_disposition
            .or_else(|| record.header(headers::CONTENT_DISPOSITION)),
        content_encoding: input
            .response_content_encoding
            .or_else(|| record.header(headers::CONTENT_ENCODING)),
        content_language: input
            .response_content_language
            .or_else(|| record.header(headers::CONTENT_LANGUAGE)),
        content_length,
        content_range,
        content_type: input.response_content_type.or_else(|| record.header(headers::CONTENT_TYPE)),
        e_tag: Some(ETag::Strong(record.etag.clone())),
        expires: input.response_expires.or_else(|| record.expires()),
        last_modified: Some(stored.modified.into()),
        metadata: record.own(),
        ..GetObjectOutput::default()
    }))
}

/// HeadObject.
pub async fn head(disk: &Arc<Disk>, input: HeadObjectInput) -> Answer<HeadObjectOutput> {
    let stored = find(disk, input.bucket, input.key).await?;
    let conditions = Conditions {
        matches: input.if_match,
        matches_none: input.if_none_match,
        modified_since: input.if_modified_since,
        unmodified_since: input.if_unmodified_since,
    };
    conditions.check(&stored, S3ErrorCode::NotModified)?;
    let (part, content_range) = part_of(&stored, input.range)?;
    let record = stored.record;
    Ok(S3Response::new(HeadObjectOutput {
        accept_ranges: Some("bytes".to_owned()),
        cache_control: input.response_cache_control.or_else(|| record.header(headers::CACHE_CONTROL)),
        content_disposition: input
            .response_content_disposition
            .or_else(|| record.header(headers::CONTENT_DISPOSITION)),
        content_encoding: input
            .response_content_encoding
            .or_else(|| record.header(headers::CONTENT_ENCODING)),
        content_language: input
            .response_content_language
            .or_else(|| record.header(headers::CONTENT_LANGUAGE)),
        content_length: Some(length(&part)?),
        content_range,
        content_type: input.response_content_type.or_else(|| record.header(headers::CONTENT_TYPE)),
        e_tag: Some(ETag::Strong(record.etag.clone())),
        expires: input.response_expires.or_else(|| record.expires()),
        last_modified: Some(stored.modified.into()),
        metadata: record.own(),
        ..HeadObjectOutput::default()
    }))
}

/// PutObject. Of conditions only `If-None-Match: *` is known: to write only what is new.
pub async fn put(disk: &Arc<Disk>, mut request: S3Request<PutObjectInput>) -> Answer<PutObjectOutput> {
    let checks = Checks::of(&request.uri, &request.headers, request.trailing_headers.take());
    let record = headers::record_of(&request.headers);
    let input = request.input;
    let only_new = match (&input.if_match, &input.if_none_match) {
        (None, None) => false,
        (None, Some(ETagCondition::Any)) => true,
        _ => return Err(s3_error!(NotImplemented, "of conditions only If-None-Match: * is known here")),
    };
    writable(&input.key)?;
    let Received { draft, size, digest } = receive(disk, expected(input.body)?, checks).await?;
    let record = Record { etag: whole_etag(&digest), ..record };
    let etag = record.etag.clone();
    let disk = Arc::clone(disk);
    let published =
        blocking(move || disk.publish(draft, &record, &input.bucket, &input.key, only_new)).await?;
    published.map_err(not_published)?;
    let (e_tag, size) = (Some(ETag::Strong(etag)), i64::try_from(size).ok());
    Ok(S3Response::new(PutObjectOutput { e_tag, size, ..PutObjectOutput::default() }))
}

/// The entity tag of an object that came in one piece: half of its SHA-256, and the ending keeps clients from taking it
/// for an MD5.
pub fn whole_etag(digest: &str) -> String {
    let half = &digest[..digest.len().min(32)];
    format!("{half}-1")
}

/// Why a draft did not become an object.
pub fn not_published(error: std::io::Error) -> S3Error {
    match error.kind() {
        std::io::ErrorKind::AlreadyExists => s3_error!(PreconditionFailed, "there is such an object already"),
        _ => missing(NoSuchBucket)(error),
    }
}

/// Refuses keys that a listing could not show: XML has no control characters.
pub fn writable(key: &str) -> S3Result<()> {
    if key.chars().any(char::is_control) {
        return Err(s3_error!(InvalidArgument, "keys with control characters are not taken"));
    }
    Ok(())
}

/// The object that a copy is made of, and its key.
pub async fn source(disk: &Arc<Disk>, from: &CopySource) -> S3Result<Stored> {
    let CopySource::Bucket { bucket, key, .. } = from else {
        return Err(s3_error!(NotImplemented, "a copy is made of an object in a bucket"));
    };
    find(disk, bucket.to_string(), key.to_string()).await
}

/// CopyObject.
pub async fn copy(disk: &Arc<Disk>, request: S3Request<CopyObjectInput>) -> Answer<CopyObjectOutput> {
    let given = headers::record_of(&request.headers);
    let input = request.input;
    writable(&input.key)?;
    let stored = source(disk, &input.copy_source).await?;
    let conditions = Conditions {
        matches: input.copy_source_if_match,
        matches_none: input.copy_source_if_none_match,
        modified_since: input.copy_source_if_modified_since,
        unmodified_since: input.copy_source_if_unmodified_since,
    };
    conditions.check(&stored, S3ErrorCode::PreconditionFailed)?;
    let replaces = input.metadata_directive.is_some_and(|it| it.as_str() == MetadataDirective::REPLACE);
    let etag = stored.record.etag.clone();
    let record = if replaces { Record { etag: etag.clone(), ..given } } else { stored.record.clone() };
    let disk = Arc::clone(disk);
    blocking(move || {
        let mut draft = disk.draft()?;
        uploads::copy(&stored, 0..stored.size, &mut draft)?;
        disk.publish(draft, &record, &input.bucket, &input.key, false)
    })
    .await?
    .map_err(not_published)?;
    let result = CopyObjectResult {
        e_tag: Some(ETag::Strong(etag)),
        last_modified: Some(SystemTime::now().into()),
        ..CopyObjectResult::default()
    };
    Ok(S3Response::new(CopyObjectOutput { copy_object_result: Some(result), ..CopyObjectOutput::default() }))
}

/// DeleteObject.
pub async fn delete(disk: &Arc<Disk>, input: DeleteObjectInput) -> Answer<DeleteObjectOutput> {
    let disk = Arc::clone(disk);
    blocking(move || {
        let refused =
            disk.remove(&input.bucket, [input.key.as_str()].into_iter()).map_err(missing(NoSuchBucket))?;
        refused.into_iter().next().map_or(Ok(()), |(_, error)| Err(failed(error)))
    })
    .await??;
    Ok(S3Response::new(DeleteObjectOutput::default()))
}

/// DeleteObjects.
pub async fn delete_many(disk: &Arc<Disk>, input: DeleteObjectsInput) -> Answer<DeleteObjectsOutput> {
    let disk = Arc::clone(disk);
    let quiet = input.delete.quiet.unwrap_or(false);
    let output = blocking(move || {
        let keys: Vec<_> = input.delete.objects.into_iter().map(|object| object.key).collect();
        let refused =
            disk.remove(&input.bucket, keys.iter().map(String::as_str)).map_err(missing(NoSuchBucket))?;
        let errors: Vec<_> = refused
            .iter()
            .map(|(key, error)| Error {
                code: Some(S3ErrorCode::InternalError.as_str().to_owned()),
                key: Some((*key).to_owned()),
                message: Some(error.to_string()),
                ..Error::default()
            })
            .collect();
        let is_gone = |key: &&String| !refused.iter().any(|(each, _)| each == key);
        let deleted = |key: &String| DeletedObject { key: Some(key.clone()), ..DeletedObject::default() };
        let deleted = (!quiet).then(|| keys.iter().filter(is_gone).map(deleted).collect());
        Ok::<_, S3Error>(DeleteObjectsOutput {
            deleted,
            errors: Some(errors),
            ..DeleteObjectsOutput::default()
        })
    })
    .await??;
    Ok(S3Response::new(output))
}
