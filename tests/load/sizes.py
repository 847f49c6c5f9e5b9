"""What a task takes in the database: tables and indexes after so many tasks, by the real functions, no image.

`PYTHONPATH=tests python3 -m load.sizes [--tasks 5000]`; the debug build will do.
"""

import argparse
import shutil
import subprocess
import tempfile
from pathlib import Path

from stack.child import Child
from stack.database import Cluster
from stack.places import Build, Users, give

TABLES = ("image", "task", "link", "delivery", "queue")

# An upload of one photograph by an owner, one chain, one result, told by one webhook.
SUBMIT = """
SELECT imgfilter.submit_task(jsonb_build_object('task', gen_random_uuid(), 'owner', 'acme', 'lane', 'fast', 'cost_ms', 12.5,
  'image', jsonb_build_object('id', gen_random_uuid(), 'sha256', encode(sha256(n::text::bytea), 'hex'), 'format', 'jpeg', 'width', 1920,
    'height', 1200, 'frames', 1, 'bytes', 700000, 'object_key', 'o/202611/' || gen_random_uuid(), 'filename', 'photo-' || n || '.jpg'),
  'spec', jsonb_build_object('filters', jsonb_build_array('resize(width=800)|sepia(0.8)|sharpen(1)'), 'format', NULL, 'quality', NULL,
    'expires_in', NULL, 'webhook', 'https://hooks.example.com/imgfilter/done')))
  FROM generate_series({first}, {last}) AS n
"""
COMPLETE = """
SELECT imgfilter.complete({worker}, c.queue_id, c.lease, jsonb_build_array(jsonb_build_object('status', 'done', 'object_key',
    'r/202611/' || gen_random_uuid() || '.jpg', 'format', 'jpeg', 'width', 800, 'height', 500, 'bytes', 90000,
    'sha256', encode(sha256(c.task::text::bytea), 'hex'), 'filename', 'photo.jpg')), '3 months')
  FROM imgfilter.claim({worker}, 'fast', 20, 100000, 100000, '1 min', NULL, '3 months') AS c
"""


def fill(cluster: Cluster, tasks: int) -> None:
    """So many tasks, each done."""
    worker = cluster.sql("select imgfilter.worker_start('host', 1, 'sizes')", "imgfilter")
    for first in range(1, tasks + 1, 20):
        # as a worker's completer does: some at a time
        cluster.sql(SUBMIT.format(first=first, last=min(first + 19, tasks)), "imgfilter")
        cluster.sql(COMPLETE.format(worker=worker), "imgfilter")
    cluster.sql("vacuum analyze", "imgfilter")


def report(cluster: Cluster, tasks: int) -> None:
    total = 0
    for table in TABLES:
        sizes = cluster.sql(f"select pg_table_size(c), pg_indexes_size(c) from (select 'imgfilter.{table}'::regclass) as t(c)", "imgfilter")
        heap, indexes = map(int, sizes.split("|"))
        total += heap + indexes
        print(f"{table:10} {heap / tasks:7.0f} B a task   {indexes / tasks:7.0f} B in indexes")
    print(f"{'in all':10} {total / tasks:7.0f} B a task, of {tasks} tasks")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--tasks", type=int, default=5_000)
    tasks = parser.parse_args().tasks
    folder = Path(tempfile.mkdtemp(prefix="imgfilter-sizes-", dir="/tmp"))
    folder.chmod(0o711)
    cluster = Cluster(folder / "postgresql", folder / "s", folder / "log", Users.choose(), lasting=False)
    try:
        cluster.start()
        cluster.create("imgfilter")
        build = Build.of("debug")
        migrate = Child("migrate", [build.program, "migrate"], folder / "migrate.log",
                        {"IMGFILTER_MIGRATE_DATABASE_URL": cluster.url("imgfilter", "imgfilter"), "PATH": "/usr/bin:/bin"})
        migrate.start()
        if migrate.process.wait(60):
            raise SystemExit(migrate.tail())
        fill(cluster, tasks)
        report(cluster, tasks)
        dump = give(folder / "dump", None) / "database"
        cluster.sql("checkpoint")
        size = dump_size(cluster, dump)
        print(f"{'pg_dump':10} {size / tasks:7.0f} B a task, --format=custom")
    finally:
        cluster.child.stop()
        shutil.rmtree(folder)


def dump_size(cluster: Cluster, file: Path) -> int:
    """Bytes of a backup."""
    with open(file, "wb") as out:
        subprocess.run(["pg_dump", "--format=custom", "-h", str(cluster.sockets), "-U", "postgres", "imgfilter"], stdout=out, check=True, cwd="/")
    return file.stat().st_size


if __name__ == "__main__":
    main()
