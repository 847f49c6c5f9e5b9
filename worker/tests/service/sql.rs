//! Runs the tests of the SQL functions, which are written in SQL: pgTAP, by pg_prove.

use std::path::Path;
use std::process::Command;

use imgfilter::db::migrate;

use crate::stage::cluster::Cluster;

#[tokio::test(flavor = "multi_thread")]
async fn the_functions_pass_their_own_tests() {
    let cluster = Cluster::shared();
    let database = cluster.create_database().await;
    migrate::run(&cluster.url("postgres", &database)).await.unwrap();
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../sql/tests");
    let proved = Command::new("pg_prove")
        .arg("--host")
        .arg(cluster.socket())
        .args(["--username", "postgres", "--dbname", &database, "--ext", ".sql"])
        .arg(folder)
        .output()
        .expect("pg_prove: install libtap-parser-sourcehandler-pgtap-perl and postgresql-15-pgtap");
    let said =
        String::from_utf8_lossy(&proved.stdout).into_owned() + &String::from_utf8_lossy(&proved.stderr);
    assert!(proved.status.success() && said.contains("Result: PASS"), "{said}");
}
