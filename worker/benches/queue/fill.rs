//! Backlogs, written by the owner of the schema at once: what an hour of uploads would leave.

use tokio_postgres::{Client, NoTls};

use crate::Outcome;

/// Tasks with their images, as `submit_task` writes them. The ids follow each other in time, as UUIDv7 do.
const TASKS: &str = "
WITH made AS MATERIALIZED (
  SELECT n, now() - interval '1 hour' + n * interval '1 hour' / $1::bigint AS at, gen_random_uuid() AS task,
         gen_random_uuid() AS image, nextval('imgfilter.queue_id_seq') AS queue
    FROM generate_series(1, $1::bigint) AS n),
named AS MATERIALIZED (
  SELECT n, at, queue, (prefix || substr(task::text, 15))::uuid AS task, (prefix || substr(image::text, 15))::uuid AS image
    FROM made, LATERAL (SELECT lpad(to_hex((extract(epoch FROM at) * 1000)::bigint), 12, '0') AS ms) AS m,
         LATERAL (SELECT substr(ms, 1, 8) || '-' || substr(ms, 9, 4) || '-' AS prefix) AS p),
images AS (
  INSERT INTO imgfilter.image (id, sha256, format, width, height, frames, bytes, object_key, filename, created_at)
  SELECT image, sha256(image::text::bytea), 'jpeg', 1920, 1280, 1, 1242241, 'o/202611/' || image, 'IMG_2041.jpg', at
    FROM named ORDER BY n
  RETURNING 1),
tasks AS (
  INSERT INTO imgfilter.task (id, image_id, spec, cost_ms, queue_id, created_at)
  SELECT task, image,
         '{\"filters\":[\"resize(width=800)|brightness(10)|sepia(0.8)\"],\"format\":null,\"quality\":null,\"expires_in\":null,\"webhook\":null}',
         41.7, queue, at
    FROM named ORDER BY n
  RETURNING 1)
INSERT INTO imgfilter.queue (id, ref, lane, prio, run_at, max_attempts)
SELECT queue, task, 0, $2::smallint, CASE WHEN $3 THEN now() + interval '1 day' + (at - now()) ELSE at END, 5
  FROM named ORDER BY n";

/// So many tasks of this priority, ready or for tomorrow.
pub async fn tasks(url: &str, count: i64, prio: i16, delayed: bool) -> Outcome<()> {
    let client = connect(url).await?;
    // in pieces, so that no sort or queue of triggers grows large
    let mut left = count;
    while left > 0 {
        let piece = left.min(100_000);
        client.execute(TASKS, &[&piece, &prio, &delayed]).await?;
        left -= piece;
    }
    Ok(())
}

/// What autovacuum would have done by then.
pub async fn settle(url: &str) -> Outcome<()> {
    connect(url).await?.batch_execute("VACUUM (ANALYZE)").await?;
    connect(url).await?.batch_execute("CHECKPOINT").await?;
    Ok(())
}

/// A connection as the owner.
pub async fn connect(url: &str) -> Outcome<Client> {
    let (client, connection) = tokio_postgres::connect(url, NoTls).await?;
    tokio::spawn(connection);
    Ok(client)
}
