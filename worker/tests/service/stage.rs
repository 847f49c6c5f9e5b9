//! What the tests play on: a database, a store, and workers.

pub mod cluster;
pub mod fake_store;
pub mod full_store;
pub mod mailbox;
pub mod process;
pub mod receiver;

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use imgfilter::config::{self, S3, S3Credentials};
use imgfilter::db::Db;
use imgfilter::store::Store;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use tempfile::TempDir;
use tokio_postgres::{Client, NoTls};
use uuid::Uuid;

use cluster::Cluster;
use process::Process;

/// A secret from the examples of the Standard Webhooks specification.
pub const WEBHOOK_SECRET: &str = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
pub const LINK_KEYS: &str = "1:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=";
pub const ACCESS_KEY: &str = "access";
pub const SECRET_KEY: &str = "secret";
/// How long anything may take that should happen soon.
const PATIENCE: Duration = Duration::from_secs(40);

/// A database of its own with the schema in it, a running store, and a folder for what the processes say.
pub struct Stage {
    /// As the owner of the schema.
    pub sql: Client,
    pub store: Store,
    pub store_process: Process,
    pub folder: TempDir,
    pub store_address: String,
    pub owner_url: String,
    worker_url: String,
    edge_url: String,
    edge: Client,
}

impl Stage {
    /// On the cluster that all tests of this process share.
    pub async fn set() -> Self {
        Self::set_on(Cluster::shared()).await
    }

    pub async fn set_on(cluster: &Cluster) -> Self {
        let database = cluster.create_database().await;
        let owner = cluster.url("postgres", &database);
        imgfilter::db::migrate::run(&owner).await.unwrap();
        let folder = tempfile::tempdir().unwrap();
        let (store_process, store_address) = start_store(folder.path(), "127.0.0.1:0");
        Self {
            sql: connect(&owner).await,
            store: Store::new(&s3(&store_address)).unwrap(),
            store_process,
            worker_url: cluster.url("imgfilter_worker", &database),
            edge: connect(&cluster.url("imgfilter_edge", &database)).await,
            edge_url: cluster.url("imgfilter_edge", &database),
            owner_url: owner,
            folder,
            store_address,
        }
    }

    /// With new connections, after the database was restarted.
    pub async fn reconnected(mut self) -> Self {
        self.sql = connect(&self.owner_url).await;
        self.edge = connect(&self.edge_url).await;
        self
    }

    /// The settings of a worker or another command. Short times, so that tests need not wait for long.
    pub fn settings(&self) -> Vec<(&'static str, String)> {
        vec![
            ("IMGFILTER_DATABASE_URL", self.worker_url.clone()),
            ("IMGFILTER_S3_ENDPOINT", self.store_address.clone()),
            ("IMGFILTER_S3_ACCESS_KEY", ACCESS_KEY.into()),
            ("IMGFILTER_S3_SECRET_KEY", SECRET_KEY.into()),
            ("IMGFILTER_LINK_KEYS", LINK_KEYS.into()),
            ("IMGFILTER_PUBLIC_URL", "https://img.example".into()),
            ("IMGFILTER_WEBHOOK_SECRET", WEBHOOK_SECRET.into()),
            ("IMGFILTER_WEBHOOK_INSECURE", "true".into()),
            ("IMGFILTER_WORKER_THREADS", "2".into()),
            ("IMGFILTER_BEAT", "200ms".into()),
            ("IMGFILTER_LEASE", "30s".into()),
            ("IMGFILTER_CLEANUP_EVERY", "0".into()),
            ("IMGFILTER_ORPHAN_AGE_UNSAFE", "true".into()),
            ("IMGFILTER_SPOOL", self.folder.path().join("spool").display().to_string()),
        ]
    }

    /// A worker that has said it is ready.
    pub fn worker(&self, more: &[(&'static str, &str)]) -> Process {
        let mut settings = self.settings();
        settings.extend(more.iter().map(|(name, value)| (*name, (*value).to_owned())));
        Process::start(self.folder.path(), &["worker"], &settings, "entered")
    }

    /// The store again, where it was before.
    pub fn restart_store(&mut self) {
        let listen = self.store_address.trim_start_matches("http://").to_owned();
        (self.store_process, _) = start_store(self.folder.path(), &listen);
    }

    /// Stores an image and orders these chains for it, as the edge does.
    pub async fn order(&self, image: &[u8], spec: Value) -> Uuid {
        let (id, key) = (Uuid::now_v7(), format!("o/202601/{}", Uuid::now_v7()));
        self.store.put(&key, image.to_vec().into(), "image/png").await.unwrap();
        self.order_stored(id, &key, image, spec, 5).await;
        id
    }

    /// As [`Self::order`], for an object that may or may not be there.
    pub async fn order_stored(&self, id: Uuid, key: &str, image: &[u8], spec: Value, max_attempts: i32) {
        let request = self.request(id, key, image, &spec, max_attempts);
        let row = self.edge.query_one("SELECT imgfilter.submit_task($1)", &[&request]).await.unwrap();
        assert_eq!(row.get::<_, Value>(0)["status"], "queued");
    }

    /// What the edge submits.
    pub fn request(&self, id: Uuid, key: &str, image: &[u8], spec: &Value, max_attempts: i32) -> Value {
        json!({
            "task": id, "owner": null, "lane": "fast", "cost_ms": 1.0, "spec": whole(spec), "max_attempts": max_attempts,
            "image": {"id": Uuid::now_v7(), "sha256": hex::encode(Sha256::digest(image)), "format": "png", "width": 8,
                      "height": 6, "frames": 1, "bytes": image.len(), "object_key": key, "filename": "my photo.png"},
        })
    }

    /// The database as a worker calls it.
    pub fn db(&self) -> Db {
        let database = config::Database {
            database_url: self.worker_url.parse().unwrap(),
            database_url_file: None,
            database_timeout: Duration::from_secs(20),
        };
        Db::new(&database).unwrap()
    }

    /// Orders these chains for the image of an earlier task, as the edge does; or the code of the database's refusal.
    pub async fn order_again(&self, earlier: Uuid, spec: Value) -> Result<Uuid, String> {
        let task = Uuid::now_v7();
        let image = self.view(earlier).await["image"].clone();
        let request = json!({
            "task": task, "owner": null, "lane": "fast", "cost_ms": 1.0, "spec": whole(&spec), "max_attempts": 5,
            "image": {"id": image["id"], "kept": true, "width": 8, "height": 6, "frames": 1, "bytes": 0},
        });
        let asked = self.edge.query_one("SELECT imgfilter.submit_task($1)", &[&request]).await;
        asked
            .map(|_| task)
            .map_err(|error| error.code().map_or_else(String::new, |code| code.code().to_owned()))
    }

    /// The task as the edge sees it.
    pub async fn view(&self, task: Uuid) -> Value {
        self.edge.query_one("SELECT imgfilter.task_view($1)", &[&task]).await.unwrap().get(0)
    }

    /// The task once it has this status.
    pub async fn until(&self, task: Uuid, status: &str) -> Value {
        let begun = Instant::now();
        loop {
            let view = self.view(task).await;
            if view["status"] == status {
                return view;
            }
            assert!(begun.elapsed() < PATIENCE, "not {status}: {view}");
            tokio::time::sleep(Duration::from_millis(30)).await;
        }
    }

    /// The first column of a query's only row.
    pub async fn value<T: for<'a> tokio_postgres::types::FromSql<'a>>(&self, query: &str) -> T {
        self.sql.query_one(query, &[]).await.unwrap().get(0)
    }

    /// Waits until a query answers true.
    pub async fn until_true(&self, query: &str) {
        let begun = Instant::now();
        while !self.value::<bool>(query).await {
            assert!(begun.elapsed() < PATIENCE, "never came true: {query}");
            tokio::time::sleep(Duration::from_millis(30)).await;
        }
    }

    /// Keys of all objects.
    pub async fn objects(&self) -> Vec<String> {
        let page = self.store.list("", None).await.unwrap();
        page.objects.into_iter().map(|object| object.key).collect()
    }
}

/// The settings of notifications, with their defaults and a secret.
pub fn settings_of_notify() -> config::Notify {
    #[derive(clap::Parser)]
    struct Settings {
        #[command(flatten)]
        notify: config::Notify,
    }
    <Settings as clap::Parser>::parse_from(["test", "--webhook-secret", WEBHOOK_SECRET]).notify
}

/// A task's options: these, and for the others none.
fn whole(spec: &Value) -> Value {
    let mut whole =
        json!({"filters": [""], "format": null, "quality": null, "expires_in": null, "webhook": null});
    whole.as_object_mut().unwrap().extend(spec.as_object().unwrap().clone());
    whole
}

/// A PNG of 8 × 6 pixels, none of them grey.
pub fn photo() -> Vec<u8> {
    let pixels = image::RgbImage::from_fn(8, 6, |x, y| image::Rgb([200, x as u8 * 20, y as u8 * 30]));
    let mut png = std::io::Cursor::new(Vec::new());
    pixels.write_to(&mut png, image::ImageFormat::Png).unwrap();
    png.into_inner()
}

pub async fn connect(url: &str) -> Client {
    let (client, connection) = tokio_postgres::connect(url, NoTls).await.unwrap();
    tokio::spawn(connection);
    client
}

pub fn start_store(folder: &Path, listen: &str) -> (Process, String) {
    let root: PathBuf = folder.join("store");
    let settings =
        [("IMGFILTER_S3_ACCESS_KEY", ACCESS_KEY.into()), ("IMGFILTER_S3_SECRET_KEY", SECRET_KEY.into())];
    let root = root.display().to_string();
    let process =
        Process::start(folder, &["store", "--root", &root, "--listen", listen], &settings, "listening on ");
    let address = process.line_with("listening on ").trim_start_matches("listening on ").to_owned();
    (process, address)
}

pub fn s3(address: &str) -> S3 {
    S3 {
        s3_endpoint: address.to_owned(),
        s3_region: "us-east-1".into(),
        s3_bucket: "imgfilter".into(),
        s3_timeout: Duration::from_secs(5),
        credentials: S3Credentials {
            s3_access_key: Some(ACCESS_KEY.parse().unwrap()),
            s3_access_key_file: None,
            s3_secret_key: Some(SECRET_KEY.parse().unwrap()),
            s3_secret_key_file: None,
        },
    }
}
