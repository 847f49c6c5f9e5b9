//! Uploads in parts, as requests and answers.

use std::sync::Arc;
use std::time::SystemTime;

use s3s::S3ErrorCode::NoSuchBucket;
use s3s::dto::*;
use s3s::{S3Error, S3Request, S3Response, S3Result, s3_error};

use super::body::{Received, expected, receive};
use super::checks::Checks;
use super::disk::{Disk, Draft};
use super::errors::{blocking, failed, missing};
use super::headers;
use super::objects::{not_published, source, whole_etag, writable};
use super::uploads::{self, MOST_PARTS, Upload};

type Answer<T> = S3Result<S3Response<T>>;

/// CreateMultipartUpload.
pub async fn begin(
    disk: &Arc<Disk>,
    request: S3Request<CreateMultipartUploadInput>,
) -> Answer<CreateMultipartUploadOutput> {
    let record = headers::record_of(&request.headers);
    let (bucket, key) = (request.input.bucket, request.input.key);
    writable(&key)?;
    let disk = Arc::clone(disk);
    let output = blocking(move || {
        disk.existing(&bucket).map_err(missing(NoSuchBucket))?;
        let id = Upload::begin(&disk, &bucket, &key, record).map_err(failed)?;
        let (bucket, key, upload_id) = (Some(bucket), Some(key), Some(id));
        Ok::<_, S3Error>(CreateMultipartUploadOutput {
            bucket,
            key,
            upload_id,
            ..CreateMultipartUploadOutput::default()
        })
    })
    .await??;
    Ok(S3Response::new(output))
}

async fn find(disk: &Arc<Disk>, id: String, bucket: String, key: String) -> S3Result<Upload> {
    let disk = Arc::clone(disk);
    blocking(move || Upload::find(&disk, &id, &bucket, &key)).await?
}

fn numbered(number: i32) -> S3Result<i32> {
    if (1..=MOST_PARTS).contains(&number) {
        return Ok(number);
    }
    Err(s3_error!(InvalidArgument, "parts are numbered from 1 to {MOST_PARTS}"))
}

async fn keep(upload: Upload, draft: Draft, number: i32, etag: String) -> S3Result<ETag> {
    let tag = ETag::Strong(etag.clone());
    blocking(move || upload.keep(draft, number, &etag)).await?.map_err(failed)?;
    Ok(tag)
}

/// UploadPart.
pub async fn put(disk: &Arc<Disk>, mut request: S3Request<UploadPartInput>) -> Answer<UploadPartOutput> {
    let checks = Checks::of(&request.uri, &request.headers, request.trailing_headers.take());
    let input = request.input;
    let number = numbered(input.part_number)?;
    let upload = find(disk, input.upload_id, input.bucket, input.key).await?;
    let Received { draft, digest, .. } = receive(disk, expected(input.body)?, checks).await?;
    let e_tag = Some(keep(upload, draft, number, whole_etag(&digest)).await?);
    Ok(S3Response::new(UploadPartOutput { e_tag, ..UploadPartOutput::default() }))
}

/// UploadPartCopy.
pub async fn copy(disk: &Arc<Disk>, input: UploadPartCopyInput) -> Answer<UploadPartCopyOutput> {
    let number = numbered(input.part_number)?;
    let upload = find(disk, input.upload_id, input.bucket, input.key).await?;
    let stored = source(disk, &input.copy_source).await?;
    let range = match &input.copy_source_range {
        None => 0..stored.size,
        Some(text) => {
            Range::parse(text).map_err(|_| s3_error!(InvalidArgument, "not a range"))?.check(stored.size)?
        }
    };
    // Of a part of an object no digest is known without reading it; who wrote it and where it begins tells it apart.
    let etag = format!("{}-{}-{}", stored.record.etag, range.start, range.end);
    let disk = Arc::clone(disk);
    let copied = blocking(move || {
        let mut draft = disk.draft()?;
        uploads::copy(&stored, range, &mut draft).map(|()| draft)
    });
    let draft = copied.await?.map_err(failed)?;
    let e_tag = Some(keep(upload, draft, number, etag).await?);
    let result =
        CopyPartResult { e_tag, last_modified: Some(SystemTime::now().into()), ..CopyPartResult::default() };
    Ok(S3Response::new(UploadPartCopyOutput {
        copy_part_result: Some(result),
        ..UploadPartCopyOutput::default()
    }))
}

/// CompleteMultipartUpload.
pub async fn complete(
    disk: &Arc<Disk>,
    input: CompleteMultipartUploadInput,
) -> Answer<CompleteMultipartUploadOutput> {
    let only_new = input.if_none_match.is_some_and(|condition| condition.is_any());
    let parts = input.multipart_upload.and_then(|upload| upload.parts).unwrap_or_default();
    let wanted: Option<Vec<_>> =
        parts.into_iter().map(|part| Some((part.part_number?, part.e_tag?.into_value()))).collect();
    let wanted = wanted.filter(|wanted| !wanted.is_empty()).ok_or_else(|| s3_error!(MalformedXML))?;
    let upload = find(disk, input.upload_id, input.bucket.clone(), input.key.clone()).await?;
    let disk = Arc::clone(disk);
    let output = blocking(move || {
        let (draft, record) = upload.assemble(disk.draft().map_err(failed)?, &wanted)?;
        disk.publish(draft, &record, &input.bucket, &input.key, only_new).map_err(not_published)?;
        // It is an object now; what is left of its parts goes with old uploads at the latest.
        if let Err(error) = upload.remove() {
            tracing::warn!(%error, "cannot remove the parts of an upload");
        }
        Ok::<_, S3Error>(CompleteMultipartUploadOutput {
            bucket: Some(input.bucket),
            key: Some(input.key),
            e_tag: Some(ETag::Strong(record.etag)),
            ..CompleteMultipartUploadOutput::default()
        })
    })
    .await??;
    Ok(S3Response::new(output))
}

/// AbortMultipartUpload.
pub async fn abort(disk: &Arc<Disk>, input: AbortMultipartUploadInput) -> Answer<AbortMultipartUploadOutput> {
    let upload = find(disk, input.upload_id, input.bucket, input.key).await?;
    blocking(move || upload.remove()).await?.map_err(failed)?;
    Ok(S3Response::new(AbortMultipartUploadOutput::default()))
}

/// ListParts.
pub async fn list(disk: &Arc<Disk>, input: ListPartsInput) -> Answer<ListPartsOutput> {
    let limit = input.max_parts.unwrap_or(1000).clamp(0, 1000);
    let after = input.part_number_marker.unwrap_or(0);
    let upload = find(disk, input.upload_id.clone(), input.bucket.clone(), input.key.clone()).await?;
    let count = usize::try_from(limit).unwrap_or_default();
    let (parts, has_more) = blocking(move || upload.parts(after, count)).await?.map_err(failed)?;
    let next_part_number_marker = parts.last().filter(|_| has_more).map(|part| part.number);
    let parts = parts.into_iter().map(|part| Part {
        part_number: Some(part.number),
        e_tag: Some(ETag::Strong(part.stored.record.etag)),
        size: i64::try_from(part.stored.size).ok(),
        last_modified: Some(part.stored.modified.into()),
        ..Part::default()
    });
    Ok(S3Response::new(ListPartsOutput {
        bucket: Some(input.bucket),
        key: Some(input.key),
        upload_id: Some(input.upload_id),
        part_number_marker: Some(after),
        max_parts: Some(limit),
        is_truncated: Some(has_more),
        next_part_number_marker,
        parts: Some(parts.collect()),
        ..ListPartsOutput::default()
    }))
}

/// ListMultipartUploads, all at once: there are never many.
pub async fn list_uploads(
    disk: &Arc<Disk>,
    input: ListMultipartUploadsInput,
) -> Answer<ListMultipartUploadsOutput> {
    let (disk, bucket) = (Arc::clone(disk), input.bucket.clone());
    let prefix = input.prefix.clone().unwrap_or_default();
    let found = blocking(move || Upload::all(&disk, &bucket, &prefix)).await?.map_err(failed)?;
    let uploads = found.into_iter().map(|(id, about)| MultipartUpload {
        key: Some(about.key),
        upload_id: Some(id),
        initiated: Some(about.begun.into()),
        ..MultipartUpload::default()
    });
    Ok(S3Response::new(ListMultipartUploadsOutput {
        bucket: Some(input.bucket),
        prefix: input.prefix,
        is_truncated: Some(false),
        uploads: Some(uploads.collect()),
        ..ListMultipartUploadsOutput::default()
    }))
}
