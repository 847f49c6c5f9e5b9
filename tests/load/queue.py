"""How fast the queue is by itself: `python3 -m load.queue`.

Submitted, claimed and completed by the functions of the database, over connections of the roles of edge and worker; no
image is filtered. PostgreSQL is one of our own with its defaults: it waits for the disk (fsync, synchronous_commit). The
program that does it is worker/benches/queue; it uses the worker's own code. Each measurement has a new database.
"""

import argparse
import json
import os
import resource
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from stack.database import OWNER, Cluster
from stack.places import CHECKOUT, Build, StackError, Users, socket_folder

from . import processes
from .figures import place, write

SCENES = {
    "flow 1": ["flow", "--connections=1", "--seconds=15"],
    "flow 8": ["flow", "--connections=8", "--seconds=15"],
    "flow 32": ["flow", "--connections=32", "--seconds=15"],
    "flow 32, quotas": ["flow", "--connections=32", "--seconds=15", "--owners=1000"],
    "flow 32, backlog": ["flow", "--connections=32", "--seconds=15", "--backlog=1000000"],
    "backlog": ["backlog", "--ready=1000000", "--claims=2000"],
    "delayed": ["backlog", "--ready=100000", "--delayed=200000", "--claims=2000"],
    "held": ["held", "--rate=1000", "--seconds=120"],
}

# The same in a few seconds, to see that it works: how long anything takes says nothing then.
SHORT = {
    "flow 1": ["flow", "--connections=1", "--seconds=0.3", "--warm-up=0"],
    "flow 8": ["flow", "--connections=8", "--seconds=0.5", "--warm-up=0", "--owners=10"],
    "backlog": ["backlog", "--ready=1000", "--claims=20"],
    "delayed": ["backlog", "--ready=300", "--delayed=1000", "--claims=10"],
    "held": ["held", "--rate=100", "--seconds=2", "--window=1"],
}


def build_program(profile: str) -> Path:
    """The program that measures."""
    command = ["cargo", "build", "--locked", "--workspace", "--bench", "queue", "--message-format=json", "--quiet"]
    if profile == "release":
        command.append("--release")
    done = subprocess.run(command, cwd=CHECKOUT, check=True, stdout=subprocess.PIPE, text=True)
    made = (json.loads(line) for line in done.stdout.splitlines())
    return next(Path(each["executable"]) for each in made
                if each["reason"] == "compiler-artifact" and each["target"]["kind"] == ["bench"])


@contextmanager
def server() -> Iterator[Cluster]:
    """A PostgreSQL that waits for the disk. It is gone afterwards."""
    state, sockets = Path(tempfile.mkdtemp(prefix="imgfilter-queue-")), socket_folder()
    state.chmod(0o711)
    cluster = Cluster(state / "postgresql", sockets / "pg", state / "postgresql.log", Users.choose(), lasting=True)
    try:
        cluster.start()
        yield cluster
    finally:
        cluster.child.stop()
        for folder in (state, sockets):
            shutil.rmtree(folder, ignore_errors=True)


def used(cluster: Cluster) -> dict[str, float]:
    """What the server and our programs have used until now."""
    ours = resource.getrusage(resource.RUSAGE_CHILDREN)
    wal = cluster.sql("select wal_bytes, wal_sync, wal_fpi from pg_stat_wal").split("|")
    return {"server_cpu": processes.processor_seconds(cluster.child.pid),
            "program_cpu": ours.ru_utime + ours.ru_stime,
            **dict(zip(("wal_bytes", "wal_syncs", "wal_page_images"), map(float, wal), strict=True))}


def measure(cluster: Cluster, build: Build, program: Path, number: int, words: list[str]) -> dict:
    """One measurement, in a database of its own."""
    database = f"queue_{number}"
    cluster.create(database)
    environment = os.environ | {"IMGFILTER_MIGRATE_DATABASE_URL": cluster.url(OWNER, database)}
    subprocess.run([build.program, "migrate"], check=True, env=environment, stdout=subprocess.DEVNULL)
    cluster.sql("checkpoint")
    roles = {"owner": "postgres", "edge": "imgfilter_edge", "worker": "imgfilter_worker"}
    command = [program, *(f"--{name}={cluster.url(role, database)}" for name, role in roles.items()), *words]
    before = used(cluster)
    done = subprocess.run(command, stdout=subprocess.PIPE)
    if done.returncode:
        raise StackError(f"{' '.join(words)} failed")
    figures = json.loads(done.stdout)
    after = used(cluster)
    figures["used"] = {name: round(after[name] - before[name], 3) for name in after}
    figures["left"] = int(cluster.sql("select count(*) from imgfilter.queue", database))
    figures["ended"] = int(cluster.sql(
        "select count(*) from imgfilter.task t join imgfilter.link l on l.task_id = t.id where t.status = 'done'", database))
    cluster.sql(f"drop database {database}")
    return figures


def show(name: str, figures: dict) -> None:
    """A line or two for a person."""
    def times(part: dict) -> str:
        return f"p50 {part['p50_ms']:.2f} ms, p99 {part['p99_ms']:.2f} ms" if part["count"] else "none"

    claim, use = figures["claim"], figures["used"]
    if "per_second" in figures:
        each = max(figures["all_tasks"], 1)
        print(f"{name:18}{figures['per_second']:>8.0f} tasks/s; claim {times(claim)} ({figures['per_claim']:.1f} tasks); "
              f"submit {times(figures['submit'])}; submit to complete {times(figures['submit_to_complete'])}; a task costs "
              f"{use['server_cpu'] / each * 1e3:.2f} ms of the server's processor, {use['program_cpu'] / each * 1e3:.2f} of the "
              f"program's, {use['wal_bytes'] / each / 1e3:.1f} kB of WAL and {use['wal_syncs'] / each:.2f} flushes", flush=True)
    elif "rate" in figures:
        print(f"{name:18}{figures['rate']:>8.0f} tasks/s with an old snapshot; claim {times(claim)}; submit to complete "
              f"{times(figures['submit_to_complete'])}; {figures['dead_rows']} dead rows in the queue at the end")
        pairs = zip(figures["claim_windows"], figures["submit_to_complete_windows"], strict=True)
        for number, (claims, tasks) in enumerate(pairs):
            print(f"{'':18}{number * figures['window']:>6} s  claim {times(claims)}; submit to complete {times(tasks)}")
    else:
        ahead = f", {figures['delayed']:,} of a better priority delayed" if figures["delayed"] else ""
        print(f"{name:18}{figures['ready']:,} ready{ahead}; claim of {figures['batch']}: {times(claim)}", flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(prog="load.queue", description=__doc__.split("\n")[0])
    parser.add_argument("--short", action="store_true", help="a few seconds, to see that it works")
    parser.add_argument("--only", nargs="+", metavar="NAME", help=f"of: {', '.join(SCENES)}")
    parser.add_argument("--profile", default="release")
    parser.add_argument("--figures", type=Path, default=place("queue"), help="where the figures go")
    options = parser.parse_args()
    program, build = build_program(options.profile), Build.of(options.profile)
    scenes = SHORT if options.short else SCENES
    result = {"processors": os.cpu_count(), "profile": options.profile}
    with server() as cluster:
        for setting in ("server_version", "fsync", "synchronous_commit", "shared_buffers"):
            result[setting] = cluster.sql(f"show {setting}")
        for number, name in enumerate(options.only or scenes):
            result[name] = measure(cluster, build, program, number, scenes[name])
            show(name, result[name])
    print(f"\n{write(options.figures, result)}")


if __name__ == "__main__":
    main()
