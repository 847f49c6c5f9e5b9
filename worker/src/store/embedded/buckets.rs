//! Buckets, and the listings of what is in them, as requests and answers.

use std::sync::Arc;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use s3s::S3ErrorCode::{BucketNotEmpty, NoSuchBucket};
use s3s::dto::*;
use s3s::{S3Error, S3Response, S3Result, s3_error};

use super::disk::Disk;
use super::errors::{blocking, failed, missing};
use super::listing::{self, Line, Page, Query};

type Answer<T> = S3Result<S3Response<T>>;

/// Most lines of a page, as the protocol has it.
const MOST_LINES: i32 = 1000;

/// Whether a bucket is there; else the error for that.
pub async fn exists(disk: &Arc<Disk>, name: String) -> S3Result<()> {
    let disk = Arc::clone(disk);
    blocking(move || disk.existing(&name)).await?.map_err(missing(NoSuchBucket)).map(drop)
}

/// CreateBucket.
pub async fn create(disk: &Arc<Disk>, name: String) -> Answer<CreateBucketOutput> {
    let disk = Arc::clone(disk);
    let location = Some(format!("/{name}"));
    let made = blocking(move || disk.make_bucket(&name)).await?.map_err(failed)?;
    if !made {
        return Err(s3_error!(BucketAlreadyOwnedByYou));
    }
    Ok(S3Response::new(CreateBucketOutput { location }))
}

/// DeleteBucket.
pub async fn remove(disk: &Arc<Disk>, name: String) -> Answer<DeleteBucketOutput> {
    let disk = Arc::clone(disk);
    blocking(move || disk.remove_bucket(&name)).await?.map_err(|error| match error.kind() {
        std::io::ErrorKind::DirectoryNotEmpty => S3Error::new(BucketNotEmpty),
        _ => missing(NoSuchBucket)(error),
    })?;
    Ok(S3Response::new(DeleteBucketOutput::default()))
}

/// ListBuckets.
pub async fn all(disk: &Arc<Disk>) -> Answer<ListBucketsOutput> {
    let disk = Arc::clone(disk);
    let names = blocking(move || disk.buckets()).await?.map_err(failed)?;
    let buckets = names.into_iter().map(|(name, made)| Bucket {
        name: Some(name),
        creation_date: Some(made.into()),
        ..Bucket::default()
    });
    Ok(S3Response::new(ListBucketsOutput {
        buckets: Some(buckets.collect()),
        ..ListBucketsOutput::default()
    }))
}

async fn page_of(
    disk: &Arc<Disk>,
    bucket: String,
    query: Query,
) -> S3Result<(Page, ObjectList, CommonPrefixList)> {
    let disk = Arc::clone(disk);
    let mut page = blocking(move || listing::page(&disk.recent, &disk.existing(&bucket)?, &query))
        .await?
        .map_err(missing(NoSuchBucket))?;
    let (mut objects, mut prefixes) = (ObjectList::new(), CommonPrefixList::new());
    for line in std::mem::take(&mut page.lines) {
        match line {
            Line::Common(prefix) => prefixes.push(CommonPrefix { prefix: Some(prefix) }),
            Line::Object { key, etag, size, modified } => objects.push(Object {
                key: Some(key),
                e_tag: Some(ETag::Strong(etag)),
                size: i64::try_from(size).ok(),
                last_modified: Some(modified.into()),
                storage_class: Some(ObjectStorageClass::from_static(ObjectStorageClass::STANDARD)),
                ..Object::default()
            }),
        }
    }
    Ok((page, objects, prefixes))
}

fn lines(wanted: Option<i32>) -> (i32, usize) {
    let most = wanted.unwrap_or(MOST_LINES).clamp(0, MOST_LINES);
    (most, usize::try_from(most).unwrap_or_default())
}

/// ListObjectsV2. Its token is the last key of the page before.
pub async fn list(disk: &Arc<Disk>, input: ListObjectsV2Input) -> Answer<ListObjectsV2Output> {
    let (most, limit) = lines(input.max_keys);
    let token = input.continuation_token.as_ref().map(|token| {
        let bytes = URL_SAFE_NO_PAD.decode(token).ok();
        bytes
            .and_then(|bytes| String::from_utf8(bytes).ok())
            .ok_or_else(|| s3_error!(InvalidArgument, "not a token"))
    });
    let query = Query {
        prefix: input.prefix.clone().unwrap_or_default(),
        after: token.transpose()?.or_else(|| input.start_after.clone()).unwrap_or_default(),
        delimiter: input.delimiter.clone().unwrap_or_default(),
        limit,
    };
    let (page, objects, prefixes) = page_of(disk, input.bucket.clone(), query).await?;
    Ok(S3Response::new(ListObjectsV2Output {
        name: Some(input.bucket),
        prefix: input.prefix,
        delimiter: input.delimiter,
        start_after: input.start_after,
        continuation_token: input.continuation_token,
        max_keys: Some(most),
        key_count: i32::try_from(objects.len() + prefixes.len()).ok(),
        is_truncated: Some(page.next.is_some()),
        next_continuation_token: page.next.map(|last| URL_SAFE_NO_PAD.encode(last)),
        contents: Some(objects),
        common_prefixes: Some(prefixes),
        ..ListObjectsV2Output::default()
    }))
}

/// ListObjects, the older form.
pub async fn list_v1(disk: &Arc<Disk>, input: ListObjectsInput) -> Answer<ListObjectsOutput> {
    let (most, limit) = lines(input.max_keys);
    let query = Query {
        prefix: input.prefix.clone().unwrap_or_default(),
        after: input.marker.clone().unwrap_or_default(),
        delimiter: input.delimiter.clone().unwrap_or_default(),
        limit,
    };
    let (page, objects, prefixes) = page_of(disk, input.bucket.clone(), query).await?;
    Ok(S3Response::new(ListObjectsOutput {
        name: Some(input.bucket),
        prefix: input.prefix,
        marker: input.marker,
        delimiter: input.delimiter,
        max_keys: Some(most),
        is_truncated: Some(page.next.is_some()),
        next_marker: page.next,
        contents: Some(objects),
        common_prefixes: Some(prefixes),
        ..ListObjectsOutput::default()
    }))
}
