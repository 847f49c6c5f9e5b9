"""Links that have ended, as many as are wanted, each with a small object; and some that live."""

import hashlib
import http.client
import multiprocessing
import time
import uuid
from dataclasses import dataclass
from urllib.parse import urlsplit

from stack.service import Stack

from . import signature
from .records import Records

BODY = bytes(range(256))
BUCKET = "imgfilter"
IMAGE = "01930000-0000-7000-8000-000000000000"
ROWS_AT_ONCE = 20_000
PIECE = 500
"""Objects that a process stores between two looks at the clock."""


BEGUN, PAUSE = 1_767_225_600_000, 864
"""When the first task was made, and how long after it the next, in milliseconds: a hundred thousand a day."""
TASK = f"""(lpad(to_hex({BEGUN} + n::bigint * {PAUSE}), 12, '0') || '7' || substr(md5(n::text), 1, 3) || '8'
           || substr(md5(n::text), 4, 15))::uuid"""


def task(number: int) -> str:
    """The id of a task, which begins with its time as all do; `TASK` in SQL."""
    rest = hashlib.md5(str(number).encode()).hexdigest()
    return str(uuid.UUID(f"{BEGUN + number * PAUSE:012x}7{rest[:3]}8{rest[3:18]}"))


def key(number: int) -> str:
    """What its result is called: in the service, nothing of the task; here the number is to be found again."""
    return f"r/202601/{task(number)}.jpg"


@dataclass(frozen=True)
class Store:
    """Where objects go, and who may put them there."""

    host: str
    access_key: str
    secret_key: str

    @staticmethod
    def of(stack: Stack) -> "Store":
        environment = stack.environment
        return Store(urlsplit(environment["IMGFILTER_S3_ENDPOINT"]).netloc, environment["IMGFILTER_S3_ACCESS_KEY"],
                     stack.secrets["S3_SECRET_KEY"].read_text().strip())

    def put(self, connection: http.client.HTTPConnection, name: str) -> None:
        path = f"/{BUCKET}/{name}"
        signed = signature.headers("PUT", self.host, path, hashlib.sha256(BODY).hexdigest(), self.access_key, self.secret_key)
        connection.request("PUT", path, BODY, {each.replace("_", "-"): value for each, value in signed.items()})
        answer = connection.getresponse()
        text = answer.read()
        if answer.status != 200:
            raise SystemExit(f"PUT {name}: {answer.status} {text[:300]!r}")


def fill(store: Store, first: int, step: int, count: int, until: float) -> int:
    """Stores every `step`th object from the first on, until there are enough or the time is over. How many of them."""
    connection = http.client.HTTPConnection(store.host, timeout=60)
    stored = 0
    for number in range(first, count, step):
        if stored % PIECE == 0 and time.time() > until:
            break
        store.put(connection, key(number))
        stored += 1
    connection.close()
    return stored


def make_objects(stack: Stack, count: int, seconds: float, processes: int = 4) -> int:
    """Stores the objects of tasks from 0 on. How many have theirs when the time is over."""
    store, until = Store.of(stack), time.time() + seconds
    with multiprocessing.get_context("spawn").Pool(processes) as pool:
        stored = pool.starmap(fill, [(store, first, processes, count, until) for first in range(processes)])
    # Each process may be a little ahead of the slowest: what it has beyond that belongs to no task.
    return min(count, min(stored) * processes)


def make_rows(records: Records, count: int) -> None:
    """A task with a link for each object, all of one image; they live until end() is called."""
    records.store.put_object(Bucket=BUCKET, Key="o/202601/bench", Body=BODY)
    records.rows("""insert into image (id, sha256, format, width, height, frames, bytes, object_key)
                    values (%s, sha256('x'), 'jpeg', 8, 8, 1, 256, 'o/202601/bench') on conflict do nothing returning id""", IMAGE)
    for first in range(0, count, ROWS_AT_ONCE):
        last = min(first + ROWS_AT_ONCE, count) - 1
        records.rows(f"""
            with made as (
              insert into task (id, image_id, status, spec, cost_ms, created_at, finished_at, expires_at)
              select {TASK}, %s, 'done', '{{"filters": [""]}}', 1, now() - interval '92 days', now() - interval '92 days',
                     now() + interval '1 day'
                from generate_series(%s, %s) as n returning id, expires_at)
            insert into link (task_id, n, object_key, format, width, height, bytes, sha256, filename, created_at, expires_at)
            select id, 0, 'r/202601/' || id || '.jpg', 'jpeg', 8, 8, 256, sha256('x'), 'photo.jpg', now() - interval '92 days', expires_at
              from made returning 1""", IMAGE, first, last)
    records.rows("analyze task, link; select 1")


def end(records: Records, first: int, last: int) -> None:
    """Links of the tasks from the first to before the last have ended, one after the other, an hour ago."""
    for begin in range(first, last, ROWS_AT_ONCE):
        records.rows(f"""
            with ended as (
              update task set expires_at = now() - interval '1 hour' + n * interval '1 ms'
                from generate_series(%s, %s) as n where id = {TASK} returning id, task.expires_at)
            update link set expires_at = ended.expires_at from ended where task_id = ended.id returning 1""",
            begin, min(begin + ROWS_AT_ONCE, last) - 1)


def left(records: Records, count: int, living: int) -> list[str]:
    """What is wrong when all has been removed that should be."""
    wrong = []
    links = records.rows("select count(*) from link where object_key like 'r/202601/%%'")[0][0]
    if links != living:
        wrong.append(f"{links} links are left, of which {living} live")
    statuses = dict(records.rows("select status, count(*) from task where image_id = %s group by 1", IMAGE))
    if statuses != {status: number for status, number in (("done", living), ("expired", count - living)) if number}:
        wrong.append(f"the tasks are {statuses}")
    stored = {name for name in records.stored() if name.startswith("r/202601/")}
    expected = {key(number) for number in range(living)}
    if expected - stored:
        wrong.append(f"{len(expected - stored)} objects of living links are gone")
    # What was stored beyond the last task is an orphan, too young to be swept.
    beyond = {key(number) for number in range(count, count + 10_000)}
    if stored - expected - beyond:
        wrong.append(f"{len(stored - expected - beyond)} objects are left, such as {sorted(stored - expected - beyond)[0]}")
    return wrong
