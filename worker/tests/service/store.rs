//! The embedded store, asked by the AWS SDK.

use std::collections::BTreeMap;
use std::time::Duration;

use aws_sdk_s3::Client;
use aws_sdk_s3::config::retry::RetryConfig;
use aws_sdk_s3::config::{BehaviorVersion, Credentials, Region};
use aws_sdk_s3::error::ProvideErrorMetadata;
use aws_sdk_s3::primitives::ByteStream;
use aws_sdk_s3::types::{CompletedMultipartUpload, CompletedPart, Delete, ObjectIdentifier};
use bytes::Bytes;
use tempfile::TempDir;
use tokio::sync::mpsc;

use crate::stage::{ACCESS_KEY, SECRET_KEY, process::Process, start_store};

/// The bucket that a store makes by itself.
const BUCKET: &str = "imgfilter";

struct Shop {
    process: Option<Process>,
    folder: TempDir,
    address: String,
    client: Client,
}

impl Shop {
    fn open() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let (process, address) = start_store(folder.path(), "127.0.0.1:0");
        // As the SDK comes, with the checksums that it adds by itself.
        let config = aws_sdk_s3::Config::builder()
            .behavior_version(BehaviorVersion::latest())
            .http_client(aws_smithy_http_client::Builder::new().build_http())
            .region(Region::new("us-east-1"))
            .endpoint_url(&address)
            .force_path_style(true)
            // What a store was killed over is not asked for again: the test wants to see what became of it.
            .retry_config(RetryConfig::disabled())
            .credentials_provider(Credentials::new(ACCESS_KEY, SECRET_KEY, None, None, "test"))
            .build();
        Self { folder, address, process: Some(process), client: Client::from_conf(config) }
    }

    fn restart(&mut self) {
        let listen = self.address.trim_start_matches("http://").to_owned();
        if let Some(process) = self.process.take() {
            process.kill();
        }
        self.process = Some(start_store(self.folder.path(), &listen).0);
    }

    async fn put(&self, key: &str, bytes: impl Into<Bytes>) {
        let request = self.client.put_object().bucket(BUCKET).key(key);
        request.body(ByteStream::from(bytes.into())).send().await.unwrap();
    }

    async fn get(&self, key: &str) -> Option<Bytes> {
        match self.client.get_object().bucket(BUCKET).key(key).send().await {
            Ok(answer) => Some(answer.body.collect().await.unwrap().into_bytes()),
            Err(error) => {
                assert_eq!(error.code(), Some("NoSuchKey"));
                None
            }
        }
    }

    async fn keys(&self) -> Vec<String> {
        let mut pages = self.client.list_objects_v2().bucket(BUCKET).max_keys(7).into_paginator().send();
        let mut keys = Vec::new();
        while let Some(page) = pages.next().await {
            keys.extend(page.unwrap().contents().iter().filter_map(|object| object.key().map(str::to_owned)));
        }
        keys
    }
}

fn noise(seed: u64, length: usize) -> Bytes {
    let mut bytes = vec![0; length];
    fastrand::Rng::with_seed(seed).fill(&mut bytes);
    bytes.into()
}

#[tokio::test(flavor = "multi_thread")]
async fn an_object_comes_back_as_it_was_given() {
    let shop = Shop::open();
    let bytes = noise(1, 1_500_000);
    let put = shop.client.put_object().bucket(BUCKET).key("a/ä b.png").content_type("image/png");
    let put = put.metadata("note", "mine").cache_control("no-store").body(ByteStream::from(bytes.clone()));
    let etag = put.send().await.unwrap().e_tag.unwrap();
    let get = || shop.client.get_object().bucket(BUCKET).key("a/ä b.png");

    let whole = get().send().await.unwrap();
    assert_eq!((whole.content_type(), whole.cache_control()), (Some("image/png"), Some("no-store")));
    assert_eq!(whole.metadata().unwrap()["note"], "mine");
    assert_eq!((whole.e_tag(), whole.content_length()), (Some(etag.as_str()), Some(1_500_000)));
    assert_eq!(whole.body.collect().await.unwrap().into_bytes(), bytes);

    for (range, wanted) in
        [("bytes=0-0", 0..1), ("bytes=600000-", 600_000..1_500_000), ("bytes=-7", 1_499_993..1_500_000)]
    {
        let part = get().range(range).send().await.unwrap();
        let shown = format!("bytes {}-{}/1500000", wanted.start, wanted.end - 1);
        assert_eq!(part.content_range(), Some(shown.as_str()));
        assert_eq!(part.body.collect().await.unwrap().into_bytes(), bytes.slice(wanted));
    }
    let refused = get().range("bytes=1500000-").send().await.unwrap_err();
    assert_eq!(refused.code(), Some("InvalidRange"));
    let known = get().if_none_match(&etag).send().await.unwrap_err();
    assert_eq!(known.raw_response().unwrap().status().as_u16(), 304);
    assert!(get().if_match("\"another\"").send().await.is_err());
    let head = shop.client.head_object().bucket(BUCKET).key("a/ä b.png").send().await.unwrap();
    assert_eq!((head.content_length(), head.e_tag()), (Some(1_500_000), Some(etag.as_str())));
    shop.put("empty", Bytes::new()).await;
    assert_eq!(shop.get("empty").await.unwrap(), Bytes::new());
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_refused_changes_nothing() {
    let shop = Shop::open();
    shop.put("a", &b"first"[..]).await;
    let put = || shop.client.put_object().bucket(BUCKET).key("a").body(ByteStream::from_static(b"second"));
    let taken = put().if_none_match("*").send().await.unwrap_err();
    assert_eq!(taken.code(), Some("PreconditionFailed"));
    let wrong = put().content_md5("XUFAKrxLKna5cZ2REBfFkg==").send().await.unwrap_err();
    assert_eq!(wrong.code(), Some("BadDigest"));
    let wrong = put().checksum_sha1("qvTGHdzF6KLavt4PO0gs2a6pQ00=").send().await.unwrap_err();
    assert_eq!(wrong.code(), Some("BadDigest"));
    let nowhere = put().bucket("nowhere").send().await.unwrap_err();
    assert_eq!(nowhere.code(), Some("NoSuchBucket"));
    assert_eq!(shop.get("a").await.unwrap(), "first");
    let drafts = std::fs::read_dir(shop.folder.path().join("store/.drafts")).unwrap();
    assert_eq!(drafts.count(), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn parts_become_one_object() {
    let shop = Shop::open();
    let (bytes, cut) = (noise(2, 7_000_000), 5 << 20);
    let begun = shop.client.create_multipart_upload().bucket(BUCKET).key("big").content_type("image/tiff");
    let id = begun.send().await.unwrap().upload_id.unwrap();
    let mut parts = Vec::new();
    for (number, part) in [(1, bytes.slice(..cut)), (2, bytes.slice(cut..))] {
        let put = shop.client.upload_part().bucket(BUCKET).key("big").upload_id(&id).part_number(number);
        let tag = put.body(ByteStream::from(part)).send().await.unwrap().e_tag.unwrap();
        parts.push(CompletedPart::builder().part_number(number).e_tag(tag).build());
    }
    let complete = |parts| {
        let upload = CompletedMultipartUpload::builder().set_parts(Some(parts)).build();
        shop.client
            .complete_multipart_upload()
            .bucket(BUCKET)
            .key("big")
            .upload_id(&id)
            .multipart_upload(upload)
    };
    let mut backwards = parts.clone();
    backwards.reverse();
    assert_eq!(complete(backwards).send().await.unwrap_err().code(), Some("InvalidPartOrder"));
    let listed = shop.client.list_parts().bucket(BUCKET).key("big").upload_id(&id).send().await.unwrap();
    assert_eq!(listed.parts().iter().map(|part| part.size().unwrap()).sum::<i64>(), 7_000_000);
    assert!(shop.get("big").await.is_none(), "an upload is no object");
    complete(parts).send().await.unwrap();
    assert_eq!(shop.get("big").await.unwrap(), bytes);
    assert!(
        shop.client.list_parts().bucket(BUCKET).key("big").upload_id(&id).send().await.is_err(),
        "it has ended"
    );

    let copied = shop.client.copy_object().bucket(BUCKET).key("copy").copy_source(format!("{BUCKET}/big"));
    copied.send().await.unwrap();
    assert_eq!(shop.get("copy").await.unwrap(), bytes);
    let head = shop.client.head_object().bucket(BUCKET).key("copy").send().await.unwrap();
    assert_eq!(head.content_type(), Some("image/tiff"));
}

#[tokio::test(flavor = "multi_thread")]
async fn listings_are_ordered_and_deleting_leaves_nothing() {
    let shop = Shop::open();
    let mut keys: Vec<_> = (0..30).map(|number| format!("r/202612/{number:08x}-1/0-1.png")).collect();
    keys.extend(["a", "r", "r/2026", "z/z"].map(str::to_owned));
    for key in keys.iter().rev() {
        shop.put(key, &b"x"[..]).await;
    }
    keys.sort();
    assert_eq!(shop.keys().await, keys);
    let top = shop.client.list_objects_v2().bucket(BUCKET).delimiter("/").send().await.unwrap();
    let prefixes: Vec<_> = top.common_prefixes().iter().filter_map(|each| each.prefix()).collect();
    assert_eq!((prefixes, top.contents().len()), (vec!["r/", "z/"], 2));

    let name = |key: &String| ObjectIdentifier::builder().key(key).build().unwrap();
    let delete = Delete::builder().set_objects(Some(keys.iter().map(name).collect())).build().unwrap();
    let deleted = shop.client.delete_objects().bucket(BUCKET).delete(delete).send().await.unwrap();
    assert_eq!((deleted.deleted().len(), deleted.errors().len()), (keys.len(), 0));
    assert!(shop.keys().await.is_empty());
    assert_eq!(std::fs::read_dir(shop.folder.path().join("store").join(BUCKET)).unwrap().count(), 0);
    let other = shop.client.create_bucket().bucket("other").send().await;
    assert!(other.is_ok() && shop.client.delete_bucket().bucket("other").send().await.is_ok());
}

/// Eight clients write and delete while the store is killed again and again: what it has confirmed is there, whole, and
/// what it was killed over is whole or not there.
#[tokio::test(flavor = "multi_thread")]
async fn a_killed_store_loses_nothing_that_it_has_confirmed() {
    let mut shop = Shop::open();
    let (done, mut confirmed) = mpsc::unbounded_channel();
    let clients: Vec<_> = (0..8_u64)
        .map(|writer| {
            let (client, done) = (shop.client.clone(), done.clone());
            tokio::spawn(async move {
                for number in 0.. {
                    let seed = writer << 32 | number;
                    let (key, bytes) =
                        (format!("o/202611/{seed:016x}"), noise(seed, 3000 + 20_000 * (number as usize % 9)));
                    let put = client.put_object().bucket(BUCKET).key(&key).body(ByteStream::from(bytes));
                    let mut is_there = put.send().await.is_ok().then_some(true);
                    if is_there.is_some() && number % 3 == 0 {
                        let delete = client.delete_object().bucket(BUCKET).key(&key).send().await;
                        is_there = delete.is_ok().then_some(false);
                    }
                    if done.send((seed, key, is_there)).is_err() {
                        return;
                    }
                }
            })
        })
        .collect();
    let (mut fates, mut sure) = (BTreeMap::new(), 0);
    for round in 1..=5 {
        while sure < round * 50 {
            let (seed, key, is_there) = confirmed.recv().await.unwrap();
            sure += usize::from(is_there.is_some());
            fates.insert(key, (seed, is_there));
        }
        tokio::time::sleep(Duration::from_millis(fastrand::u64(..40))).await;
        shop.restart();
    }
    for client in &clients {
        client.abort();
    }
    while let Ok((seed, key, is_there)) = confirmed.try_recv() {
        fates.insert(key, (seed, is_there));
    }
    assert!(fates.values().any(|(_, is_there)| is_there.is_none()), "the store was killed over nothing");
    for (key, (seed, is_there)) in &fates {
        let (found, number) = (shop.get(key).await, (*seed & 0xFFFF_FFFF) as usize);
        if let Some(bytes) = &found {
            assert_eq!(*bytes, noise(*seed, 3000 + 20_000 * (number % 9)), "{key} is not whole");
        }
        assert!(is_there.is_none_or(|is_there| is_there == found.is_some()), "{key}: {is_there:?}");
    }
}
