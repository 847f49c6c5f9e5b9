"""What it costs that thousands watch their tasks, and how soon they hear: `python3 -m load.events`.

Every task has one stream of events (GET /tasks/{id}/events) over HTTP/1.1. First nothing happens; then the tasks are begun and
ended at a steady rate, by the functions of the database that a worker calls, without a worker: what is measured is the way
from the database to the client. A delay is the time from the answer to the commit until the client has the event. The client
runs on the same cores. The database waits for the disk.
"""

import argparse
import json
import os
import time
import uuid
from collections import deque
from dataclasses import dataclass
from pathlib import Path

import psycopg2

from stack.ready import wait_until
from stack.service import DATABASE, Stack

from . import figures, processes
from .stage import stage
from .watchers import Watchers

PARTS = ("nginx", "postgresql")
GROUP = 10
"""Tasks that are begun, and ended, by one call."""
WORK = 1.0
"""Seconds from the beginning of a task to its end."""
LIFE = "3 months"


def new_id() -> str:
    """A UUIDv7, as the edge makes them."""
    milliseconds = time.time_ns() // 1_000_000
    random = uuid.uuid4().int & ((1 << 74) - 1)
    return str(uuid.UUID(int=milliseconds << 80 | 7 << 76 | (random >> 62) << 64 | 2 << 62 | random & ((1 << 62) - 1)))


def order(task: str) -> dict:
    """What submit_task takes."""
    image = {"id": new_id(), "sha256": "ab" * 32, "format": "jpeg", "width": 1920, "height": 1200, "frames": 1, "bytes": 1_242_241,
             "object_key": f"o/bench/{task}", "filename": "photo.jpg"}
    spec = {"filters": ["brightness(10)|saturation(25)|sharpen"], "format": None, "quality": None, "expires_in": None, "webhook": None}
    return {"task": task, "owner": None, "lane": "fast", "cost_ms": 12.5, "image": image, "spec": spec}


def result(task: str, lease: int) -> str:
    """What complete_many takes of one task."""
    return json.dumps([{"status": "done", "object_key": f"r/bench/{task}-{lease}.jpg", "format": "jpeg", "width": 1920, "height": 1200,
                        "bytes": 412_345, "sha256": "cd" * 32, "filename": "photo.jpg"}])


class Database:
    """What edge and worker would have the database do."""

    def __init__(self, stack: Stack):
        self.connection = psycopg2.connect(host=str(stack.cluster.sockets), user="postgres", dbname=DATABASE)
        self.connection.autocommit = True
        self.rows("set search_path to imgfilter")
        self.worker = self.rows("select worker_start('bench', 1, 'bench')")[0][0]

    def rows(self, statement: str, *values) -> list[tuple]:
        with self.connection.cursor() as cursor:
            cursor.execute(statement, values or None)
            return cursor.fetchall() if cursor.description else []

    def submit(self, count: int) -> list[str]:
        tasks = [new_id() for _ in range(count)]
        for at in range(0, count, 500):
            orders = json.dumps([order(task) for task in tasks[at:at + 500]])
            self.rows("select count(submit_task(o)) from jsonb_array_elements(%s::jsonb) as o", orders)
        self.rows("analyze")
        return tasks

    def begin(self, count: int) -> list[tuple]:
        """Claims: queue row, lease and task of each."""
        return self.rows("select queue_id, lease, task::text from claim(%s, 'fast', %s, 1000000, 1000000, '1 h', null, %s)",
                         self.worker, count, LIFE)

    def end(self, claimed: list[tuple]) -> None:
        queues, leases, tasks = map(list, zip(*claimed, strict=True))
        results = [result(task, lease) for task, lease in zip(tasks, leases, strict=True)]
        self.rows("select complete_many(%s::integer[], %s::bigint[], %s::bigint[], %s::jsonb[], %s)",
                  [self.worker] * len(queues), queues, leases, results, LIFE)

    def questions(self) -> tuple[int, float]:
        """How often the edge has asked what has changed, and the milliseconds that took."""
        rows = self.rows("select calls, total_time from pg_stat_user_functions where funcname = 'changed_tasks'")
        return rows[0] if rows else (0, 0.0)


def resident(stack: Stack) -> list[float]:
    """MiB of each process of nginx, what they share counted in parts."""
    sizes = []
    for pid in processes.family(stack.children["nginx"].pid):
        lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
        sizes.append(next(int(line.split()[1]) for line in lines if line.startswith("Pss:")) / 1024)
    return sizes


@dataclass
class Meter:
    """What is used from its making on."""

    stack: Stack
    database: Database

    def __post_init__(self):
        self.begun, self.before, self.asked = time.monotonic(), self._used(), self.database.questions()

    def _used(self) -> dict[str, float]:
        return {part: processes.processor_seconds(self.stack.children[part].pid) for part in PARTS}

    def read(self) -> dict:
        seconds, after = time.monotonic() - self.begun, self._used()
        # a backend tells what it has done once a second
        (calls, spent), (calls_before, spent_before) = self.database.questions(), self.asked
        asked = calls - calls_before
        return {"seconds": round(seconds, 1),
                "cpu_percent_of_a_core": {part: round(100 * (after[part] - self.before[part]) / seconds, 1) for part in PARTS},
                "questions_per_second": round(asked / seconds, 1),
                "milliseconds_of_a_question": round((spent - spent_before) / asked, 3) if asked else None}


def quiet(stack: Stack, database: Database, seconds: float) -> dict:
    """What is used while nothing happens."""
    meter = Meter(stack, database)
    time.sleep(seconds)
    return meter.read()


def complete(stack: Stack, database: Database, count: int, rate: float) -> tuple[dict, dict[int, dict[str, float]]]:
    """Begins and ends so many tasks; what is used, and when each was told of (version 2: begun, 3: done)."""
    meter, told, under_way = Meter(stack, database), {2: {}, 3: {}}, deque()
    start, begun, done = time.monotonic(), 0, 0
    while done < count:
        time.sleep(max(0.0, start + begun / rate - time.monotonic()))
        if begun < count:
            under_way.append(database.begin(min(GROUP, count - begun)))
            told[2] |= dict.fromkeys((task for _, _, task in under_way[-1]), time.monotonic())
        begun += GROUP
        if begun > rate * WORK:
            claimed = under_way.popleft()
            database.end(claimed)
            told[3] |= dict.fromkeys((task for _, _, task in claimed), time.monotonic())
            done += len(claimed)
    return meter.read(), told


def delays(watchers: Watchers, told: dict[str, float], version: int) -> dict:
    """Of the events of one version that came, in milliseconds: one that was passed over, because the next had come, has none."""
    found = [1000 * (stream.heard[version] - told[task]) for task, stream in watchers.streams.items() if version in stream.heard]
    shares = {f"p{share}": round(figures.quantile(found, share / 100), 1) for share in (50, 95, 99, 100)} if found else {}
    return {"events": len(found)} | shares


def measure(stack: Stack, options: argparse.Namespace) -> dict:
    stack.children.pop("worker").stop()
    for statement in ("alter system set track_functions = 'pl'", "select pg_reload_conf()"):
        stack.cluster.sql(statement)
    database = Database(stack)
    tasks = database.submit(options.streams)
    alone, size = quiet(stack, database, options.idle / 2), sum(resident(stack))
    watchers = Watchers(stack.url)
    watchers.start()
    begun = time.monotonic()
    watchers.watch(tasks)
    opened = time.monotonic() - begun
    if watchers.closed:
        raise SystemExit(f"{watchers.closed} streams have ended at once; the end of nginx's log:\n{stack.children['nginx'].tail()}")
    idle, sizes = quiet(stack, database, options.idle), resident(stack)
    busy, told = complete(stack, database, options.streams, options.rate)
    wait_until("the end of all streams", lambda: sum(each.is_over for each in watchers.streams.values()) == len(tasks), 60)
    busy |= {"rate": options.rate, "begun_ms": delays(watchers, told[2], 2), "done_ms": delays(watchers, told[3], 3)}
    after = resident(stack)
    watchers.stop()
    return {"streams": options.streams, "cores": os.cpu_count(), "profile": options.profile, "opened_seconds": round(opened, 1),
            "memory_mib": {"before": round(size, 1), "with_streams": round(sum(sizes), 1), "largest_process": round(max(sizes), 1),
                           "after": round(sum(after), 1), "kib_of_a_stream": round(1024 * (sum(sizes) - size) / options.streams, 1)},
            "nobody_watches": alone, "nothing_happens": idle, "tasks_end": busy}


def show(found: dict) -> None:
    memory = found["memory_mib"]
    print(f"{found['streams']} streams on {found['cores']} cores ({found['profile']} build), opened in {found['opened_seconds']} s\n"
          f"nginx: {memory['before']} MiB before, {memory['with_streams']} with them ({memory['kib_of_a_stream']} KiB each)\n")
    for name in ("nobody_watches", "nothing_happens", "tasks_end"):
        part = found[name]
        used = ", ".join(f"{name} {value} %" for name, value in part["cpu_percent_of_a_core"].items())
        print(f"{name.replace('_', ' '):16} of a core: {used}; {part['questions_per_second']} questions/s "
              f"of {part['milliseconds_of_a_question']} ms")
    for name in ("begun_ms", "done_ms"):
        print(f"{name.removesuffix('_ms'):16} ms until the client has heard: {found['tasks_end'][name]}")


def main() -> None:
    parser = argparse.ArgumentParser(prog="load.events", description=__doc__.split("\n")[0])
    parser.add_argument("--streams", type=int, default=5000, help="watchers, each of a task of its own")
    parser.add_argument("--idle", type=float, default=30, help="seconds in which nothing happens")
    parser.add_argument("--rate", type=float, default=100, help="tasks that end in a second")
    parser.add_argument("--profile", default="release")
    parser.add_argument("--figures", type=Path, default=figures.place("events"), help="where the figures go")
    options = parser.parse_args()
    # Edges that do not filter: nothing else is in the database's way, and one address has all streams.
    with stage(options.profile, NGINX_WORKERS="2", ADDRESS_STREAMS="0", MAX_QUEUE="0", CLEANUP_EVERY="0") as stack:
        found = measure(stack, options)
    show(found)
    print(f"\n{figures.write(options.figures, found)}")


if __name__ == "__main__":
    main()
