//! Whether the store does all that it is asked, and what its clock says.

use std::time::{Duration, SystemTime};

use uuid::Uuid;

use super::Context;
use super::configuration::mended;
use super::database::skew;
use super::finding::Finding;
use crate::store::{Failure, Store};

/// What the name of the small object begins with.
const PREFIX: &str = "doctor/";
/// How long the store may take to tell the time.
const ANSWER: Duration = Duration::from_secs(10);

/// Writes, reads, lists and deletes an object.
pub(super) async fn check(context: &Context) -> Finding {
    let s3 = &context.settings.s3;
    let store = match Store::new(s3) {
        Ok(store) => store,
        Err(error) => return Finding::of(vec![mended(&error)], ""),
    };
    match store.probe(&format!("{PREFIX}{}", Uuid::now_v7())).await {
        Ok(()) => Finding::ok(format!("the bucket {} takes, gives, lists and deletes objects", s3.s3_bucket)),
        Err(failure) => told(&failure, &s3.s3_bucket),
    }
}

fn told(failure: &Failure, bucket: &str) -> Finding {
    let Failure { step, code, words } = failure;
    let what = format!("{step}: {words}");
    match code.as_deref() {
        Some("NoSuchBucket") => Finding::wrong(
            format!("there is no bucket {bucket} ({step})"),
            "make the bucket, or correct IMGFILTER_S3_BUCKET; then `imgfilter store setup`",
        ),
        Some("SignatureDoesNotMatch") => Finding::wrong(what, "correct IMGFILTER_S3_SECRET_KEY"),
        Some("InvalidAccessKeyId" | "NotSignedUp") => Finding::wrong(what, "correct IMGFILTER_S3_ACCESS_KEY"),
        Some("RequestTimeTooSkewed") => {
            Finding::wrong(what, "let this machine and the store keep time: timedatectl set-ntp true")
        }
        Some("AccessDenied") => Finding::wrong(
            what,
            format!("let the key pair put, get, list and delete objects in {bucket}, or correct the pair"),
        ),
        Some("AuthorizationHeaderMalformed" | "PermanentRedirect") => {
            Finding::wrong(what, "correct IMGFILTER_S3_REGION and IMGFILTER_S3_ENDPOINT")
        }
        Some(_) => Finding::wrong(what, "see what the store logs of this request"),
        None => Finding::wrong(what, "start the store, or correct IMGFILTER_S3_ENDPOINT"),
    }
}

/// The store's clock, as its answers are dated. It is asked without a signature, which a wrong clock would spoil.
pub(super) async fn clock(context: &Context) -> Finding {
    let endpoint = &context.settings.s3.s3_endpoint;
    let client = reqwest::Client::builder().no_proxy().timeout(ANSWER).build();
    let asked = SystemTime::now();
    let answer = match client {
        Ok(client) => client.head(endpoint).send().await,
        Err(error) => Err(error),
    };
    let Ok(answer) = answer else {
        return Finding::skipped("the store does not answer: see the check store");
    };
    let ours = asked + asked.elapsed().unwrap_or_default() / 2;
    let date = answer.headers().get("date").and_then(|date| date.to_str().ok());
    match date.and_then(|date| httpdate::parse_http_date(date).ok()) {
        None => Finding::skipped("the store's answers bear no date"),
        Some(theirs) => skew("the store's clock", ahead(theirs, ours)),
    }
}

fn ahead(theirs: SystemTime, ours: SystemTime) -> f64 {
    match theirs.duration_since(ours) {
        Ok(ahead) => ahead.as_secs_f64(),
        Err(behind) => -behind.duration().as_secs_f64(),
    }
}
