//! AWS Signature Version 4 as S3 wants it: in a header, or in a URL that somebody else will ask for.
//!
//! Source: "Authenticating Requests: Using the Authorization Header (AWS Signature Version 4)" and "Using Query
//! Parameters", Amazon S3 API Reference; the worked examples there are the tests.

use std::collections::BTreeMap;

use hmac::{Hmac, Mac};
use jiff::Timestamp;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

/// SHA-256 of nothing, in hexadecimal: the payload hash of a request without a body.
const EMPTY_SHA256: &str = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";

/// What stands as it is in a query that is signed.
const UNRESERVED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

/// Where objects are kept, and who we are there.
#[derive(Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Storage {
    /// As it stands in the `Host` header, with the port unless it is the scheme's own.
    pub host: String,
    /// Such as `us-east-1`.
    pub region: String,
    /// Public part of the credentials.
    pub access_key: String,
    /// Secret part of the credentials.
    pub secret_key: String,
}

impl std::fmt::Debug for Storage {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Storage")
            .field("host", &self.host)
            .field("region", &self.region)
            .finish_non_exhaustive()
    }
}

/// A request to be signed. Path and query have nothing that would need percent-encoding.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Request {
    /// Such as `PUT`.
    pub method: String,
    /// Such as `/bucket/o/202611/0193…`.
    pub path: String,
    /// SHA-256 of the body in hexadecimal; absent: there is no body.
    pub sha256: Option<String>,
    /// Seconds since 1970; absent: now.
    pub epoch: Option<i64>,
}

/// The headers to send.
#[derive(Debug, PartialEq, Eq, Serialize)]
pub struct Signed {
    /// `Host`.
    pub host: String,
    /// `X-Amz-Date`.
    pub date: String,
    /// `X-Amz-Content-Sha256`.
    pub content_sha256: String,
    /// `Authorization`.
    pub authorization: String,
}

/// Signs a request over its host, payload hash and date.
pub fn sign(storage: &Storage, request: &Request) -> Signed {
    let time =
        request.epoch.and_then(|epoch| Timestamp::from_second(epoch).ok()).unwrap_or_else(Timestamp::now);
    let date = time.strftime("%Y%m%dT%H%M%SZ").to_string();
    let content_sha256 = request.sha256.clone().unwrap_or_else(|| EMPTY_SHA256.to_owned());
    let headers = [
        ("host", storage.host.as_str()),
        ("x-amz-content-sha256", content_sha256.as_str()),
        ("x-amz-date", date.as_str()),
    ];
    let authorization = authorize(storage, &request.method, &request.path, "", &headers);
    Signed { host: storage.host.clone(), date, content_sha256, authorization }
}

/// The `Authorization` header. `headers` are sorted by their lower-case names and hold the date and payload hash.
fn authorize(storage: &Storage, method: &str, path: &str, query: &str, headers: &[(&str, &str)]) -> String {
    let value = |name| headers.iter().find(|(n, _)| *n == name).map_or("", |(_, value)| *value);
    let (date, payload) = (value("x-amz-date"), value("x-amz-content-sha256"));
    let listed = headers.iter().map(|(name, _)| *name).collect::<Vec<_>>().join(";");
    let written: String = headers.iter().map(|(name, value)| format!("{name}:{}\n", value.trim())).collect();
    let canonical = format!("{method}\n{path}\n{query}\n{written}\n{listed}\n{payload}");

    let signature = signature(storage, date, &canonical);
    format!(
        "AWS4-HMAC-SHA256 Credential={}/{},SignedHeaders={listed},Signature={signature}",
        storage.access_key,
        scope(storage, date)
    )
}

/// What a signature is good for.
fn scope(storage: &Storage, date: &str) -> String {
    format!("{}/{}/s3/aws4_request", &date[..8], storage.region)
}

/// The signature of a canonical request.
fn signature(storage: &Storage, date: &str, canonical: &str) -> String {
    let hashed = hex::encode(Sha256::digest(canonical));
    let to_sign = format!("AWS4-HMAC-SHA256\n{date}\n{}\n{hashed}", scope(storage, date));
    let secret = format!("AWS4{}", storage.secret_key);
    let key = [&date[..8], &storage.region, "s3", "aws4_request"]
        .iter()
        .fold(secret.into_bytes(), |key, step| mac(&key, step.as_bytes()));
    hex::encode(mac(&key, to_sign.as_bytes()))
}

/// A request that somebody else is to make.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Errand {
    /// `GET` or `HEAD`.
    pub method: String,
    /// Such as `/bucket/r/202611/0193…`.
    pub path: String,
    /// For how many seconds it may be made.
    pub life: u32,
    /// Headers that the store is to answer with instead of its own, by the names of its parameters
    /// (`response-content-type`).
    #[serde(default)]
    pub answer: BTreeMap<String, String>,
    /// Seconds since 1970; absent: now.
    pub epoch: Option<i64>,
}

/// The URL to ask for, at the store whose scheme and host are `base`.
pub fn presign(storage: &Storage, base: &str, errand: &Errand) -> String {
    let time =
        errand.epoch.and_then(|epoch| Timestamp::from_second(epoch).ok()).unwrap_or_else(Timestamp::now);
    let date = time.strftime("%Y%m%dT%H%M%SZ").to_string();
    let credential = format!("{}/{}", storage.access_key, scope(storage, &date));
    let life = errand.life.to_string();
    let own = [
        ("X-Amz-Algorithm", "AWS4-HMAC-SHA256"),
        ("X-Amz-Credential", &credential),
        ("X-Amz-Date", &date),
        ("X-Amz-Expires", &life),
        ("X-Amz-SignedHeaders", "host"),
    ];
    let answer = errand.answer.iter().map(|(name, value)| (name.as_str(), value.as_str()));
    // Upper case comes before lower case: this is the order of their bytes, which is signed.
    let query: Vec<String> = own
        .into_iter()
        .chain(answer)
        .map(|(name, value)| format!("{name}={}", utf8_percent_encode(value, UNRESERVED)))
        .collect();
    let query = query.join("&");
    let host = base.split_once("://").map_or(base, |(_, host)| host);
    let Errand { method, path, .. } = errand;
    let canonical = format!("{method}\n{path}\n{query}\nhost:{host}\n\nhost\nUNSIGNED-PAYLOAD");
    let signature = signature(storage, &date, &canonical);
    format!("{base}{path}?{query}&X-Amz-Signature={signature}")
}

fn mac(key: &[u8], message: &[u8]) -> Vec<u8> {
    let Ok(mac) = Hmac::<Sha256>::new_from_slice(key) else { unreachable!("HMAC takes keys of any length") };
    mac.chain_update(message).finalize().into_bytes().to_vec()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn storage() -> Storage {
        Storage {
            host: "examplebucket.s3.amazonaws.com".to_owned(),
            region: "us-east-1".to_owned(),
            access_key: "AKIAIOSFODNN7EXAMPLE".to_owned(),
            secret_key: "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY".to_owned(),
        }
    }

    fn signature(method: &str, path: &str, query: &str, headers: &[(&str, &str)]) -> String {
        authorize(&storage(), method, path, query, headers).rsplit_once('=').unwrap().1.to_owned()
    }

    #[test]
    fn get_object_as_in_the_reference() {
        let headers = [
            ("host", "examplebucket.s3.amazonaws.com"),
            ("range", "bytes=0-9"),
            ("x-amz-content-sha256", EMPTY_SHA256),
            ("x-amz-date", "20130524T000000Z"),
        ];
        assert_eq!(
            signature("GET", "/test.txt", "", &headers),
            "f0e8bdb87c964420e857bd35b5d6ed310bd44f0170aba48dd91039c6036bdb41"
        );
    }

    #[test]
    fn put_object_as_in_the_reference() {
        let headers = [
            ("date", "Fri, 24 May 2013 00:00:00 GMT"),
            ("host", "examplebucket.s3.amazonaws.com"),
            ("x-amz-content-sha256", "44ce7dd67c959e0d3524ffac1771dfbba87d2b6b4b4e99e42034a8b803f8b072"),
            ("x-amz-date", "20130524T000000Z"),
            ("x-amz-storage-class", "REDUCED_REDUNDANCY"),
        ];
        assert_eq!(
            signature("PUT", "/test%24file.text", "", &headers),
            "98ad721746da40c64f1a55b78f14c238d841ea1380cd77a1b5971af0ece108bd"
        );
    }

    #[test]
    fn what_the_gateway_sends_as_in_the_reference() {
        let headers = [
            ("host", "examplebucket.s3.amazonaws.com"),
            ("x-amz-content-sha256", EMPTY_SHA256),
            ("x-amz-date", "20130524T000000Z"),
        ];
        assert_eq!(
            signature("GET", "/", "lifecycle=", &headers),
            "fea454ca298b7da1c68078a5d1bdbfbbe0d65c699e0f91ac7a200a0136783543"
        );
    }

    #[test]
    fn a_url_as_in_the_reference() {
        let errand = Errand {
            method: "GET".to_owned(),
            path: "/test.txt".to_owned(),
            life: 86_400,
            answer: BTreeMap::new(),
            epoch: Some(1_369_353_600),
        };
        let url = presign(&storage(), "https://examplebucket.s3.amazonaws.com", &errand);
        let expected = "https://examplebucket.s3.amazonaws.com/test.txt?X-Amz-Algorithm=AWS4-HMAC-SHA256\
            &X-Amz-Credential=AKIAIOSFODNN7EXAMPLE%2F20130524%2Fus-east-1%2Fs3%2Faws4_request\
            &X-Amz-Date=20130524T000000Z&X-Amz-Expires=86400&X-Amz-SignedHeaders=host\
            &X-Amz-Signature=aeeed9bbccd4d02ee5c0109b86d86835f995330da4c265957d157751f604d404";
        assert_eq!(url, expected);
    }

    #[test]
    fn the_time_and_the_hash_are_the_requests() {
        let request = Request {
            method: "PUT".to_owned(),
            path: "/imgfilter/o/202611/x".to_owned(),
            sha256: Some("ab".repeat(32)),
            epoch: Some(1_369_353_600),
        };
        let signed = sign(&storage(), &request);
        assert_eq!(signed.date, "20130524T000000Z");
        assert_eq!(signed.content_sha256, "ab".repeat(32));
        assert!(
            signed.authorization.contains("/20130524/us-east-1/s3/aws4_request,SignedHeaders=host;x-amz")
        );
        let other = sign(&storage(), &Request { sha256: None, ..request });
        assert_eq!(other.content_sha256, EMPTY_SHA256);
        assert_ne!(other.authorization, signed.authorization);
    }
}
