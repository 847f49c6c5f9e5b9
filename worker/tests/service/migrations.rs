//! Bringing a database up to date.

use imgfilter::db::migrate::{self, MigrateError, Migration};
use serde_json::json;

use crate::stage::cluster::Cluster;
use crate::stage::{Stage, connect, photo};

#[tokio::test(flavor = "multi_thread")]
async fn once_and_then_nothing() {
    let cluster = Cluster::shared();
    let url = cluster.url("postgres", &cluster.create_database().await);
    let applied = migrate::run(&url).await.unwrap();
    assert_eq!(applied.first().map(String::as_str), Some("0001_tables.sql"));
    assert!(migrate::run(&url).await.unwrap().is_empty());
    let both = tokio::join!(migrate::run(&url), migrate::run(&url));
    assert!(both.0.unwrap().is_empty() && both.1.unwrap().is_empty(), "two at once wait for each other");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_edited_migration_is_refused() {
    let cluster = Cluster::shared();
    let url = cluster.url("postgres", &cluster.create_database().await);
    let mut migrations = migrate::migrations().unwrap();
    migrate::run_with(&url, &migrations).await.unwrap();
    migrations[0].sql.push_str("-- only a comment\n");
    let refused = migrate::run_with(&url, &migrations).await.unwrap_err();
    assert!(matches!(refused, MigrateError::Changed { ref name } if name == "0001_tables.sql"), "{refused}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_program_that_is_too_old_is_refused() {
    let cluster = Cluster::shared();
    let url = cluster.url("postgres", &cluster.create_database().await);
    let mut migrations = migrate::migrations().unwrap();
    let number = i32::try_from(migrations.len()).unwrap() + 1;
    let newer = Migration { number, name: "newer.sql".into(), sql: "CREATE TABLE newer ()".into() };
    migrations.push(newer);
    migrate::run_with(&url, &migrations).await.unwrap();
    let refused = migrate::run(&url).await.unwrap_err();
    assert!(matches!(refused, MigrateError::Unknown { number: found } if found == number), "{refused}");
}

#[tokio::test(flavor = "multi_thread")]
async fn all_or_nothing() {
    let cluster = Cluster::shared();
    let url = cluster.url("postgres", &cluster.create_database().await);
    let mut migrations = migrate::migrations().unwrap();
    let number = i32::try_from(migrations.len()).unwrap() + 1;
    migrations.push(Migration {
        number,
        name: "broken.sql".into(),
        sql: "CREATE TABLE one (); CREATE TABEL two ()".into(),
    });
    let refused = migrate::run_with(&url, &migrations).await.unwrap_err();
    assert!(refused.to_string().contains("broken.sql: ERROR: syntax error"), "{refused}");
    let left =
        connect(&url).await.query_one("SELECT to_regnamespace('imgfilter') IS NULL", &[]).await.unwrap();
    assert!(left.get::<_, bool>(0), "not even the schema");
}

#[tokio::test(flavor = "multi_thread")]
async fn roles_may_call_their_functions_and_nothing_else() {
    let cluster = Cluster::shared();
    let database = cluster.create_database().await;
    migrate::run(&cluster.url("postgres", &database)).await.unwrap();
    let edge = connect(&cluster.url("imgfilter_edge", &database)).await;
    let worker = connect(&cluster.url("imgfilter_worker", &database)).await;
    let ready = edge.query_one("SELECT imgfilter.edge_ready()", &[]).await.unwrap();
    assert!(ready.get::<_, bool>(0));
    for (client, refused) in [
        (&edge, "SELECT * FROM imgfilter.task"),
        (&edge, "SELECT imgfilter.worker_start('h', 1, 'v')"),
        (&edge, "SELECT imgfilter.give_up(NULL, 'a', 'b')"),
        (&edge, "CREATE TABLE imgfilter.mine ()"),
        (&edge, "SELECT * FROM imgfilter.api_key"),
        (&edge, "SELECT imgfilter.list_keys(NULL)"),
        (&edge, "SELECT imgfilter.create_key('a', '', '', '{}', '{}')"),
        (&worker, "SELECT imgfilter.revoke_key(NULL)"),
        (&worker, "SELECT imgfilter.key_by_hash('ab')"),
        (&worker, "DELETE FROM imgfilter.queue"),
        (&worker, "SELECT imgfilter.submit_task('{}')"),
        (&worker, "SELECT imgfilter.finish_tasks(NULL, NULL, NULL)"),
    ] {
        let error = client.batch_execute(refused).await.expect_err(refused);
        assert_eq!(error.code().map(|code| code.code()), Some("42501"), "{refused}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_running_worker_goes_on_with_the_new_functions() {
    let stage = Stage::set().await;
    let _worker = stage.worker(&[]);
    let before = stage.order(&photo(), json!({})).await;
    stage.until(before, "done").await;
    let another_type = "DROP FUNCTION imgfilter.claim; \
        CREATE FUNCTION imgfilter.claim(integer, text, integer, integer, integer, interval, timestamptz[], interval) \
        RETURNS text LANGUAGE sql AS $$ SELECT 'from another version' $$; \
        GRANT EXECUTE ON FUNCTION imgfilter.claim TO imgfilter_worker";
    stage.sql.batch_execute(another_type).await.unwrap();
    tokio::time::sleep(std::time::Duration::from_secs(1)).await;
    assert!(migrate::run(&stage.owner_url).await.unwrap().is_empty());
    let after = stage.order(&photo(), json!({})).await;
    stage.until(after, "done").await;
}
