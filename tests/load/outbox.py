"""An outbox without images: orders and their ends by the functions of the database, and processes that only tell."""

import json
import os
import shutil
import tempfile
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg2

from stack.child import Child
from stack.places import Build
from stack.ready import free_port
from stack.service import DATABASE, Plan, Stack

LEASE = "5 seconds"
"""Of what the driver claims: short, because a database that dies may take an answer along."""
PATIENCE = 60
"""How long the database may be away, in seconds."""
LANES = ("fast", "quarantine")


@contextmanager
def outbox(profile: str, **settings: str) -> Iterator[Stack]:
    """A database that waits for the disk, and nothing else yet. It is gone afterwards."""
    state = Path(tempfile.mkdtemp(prefix="imgfilter-outbox-"))
    state.chmod(0o711)
    more = {f"IMGFILTER_{name}": value for name, value in settings.items()}
    stack = Stack(Plan(Build.of(profile), state, free_port(), lasting=True, settings=more))
    try:
        stack.cluster.start()
        stack.cluster.create(DATABASE)
        stack.command("migrate")
        yield stack
    finally:
        stack.stop()
        shutil.rmtree(state, ignore_errors=True)


def sender(stack: Stack, name: str, **environment: str) -> Child:
    """`imgfilter notify run`, started."""
    child = Child(name, [stack.plan.build.program, "notify", "run"], stack.logs / f"{name}.log", stack.environment | environment)
    child.start()
    stack.children[name] = child
    return child


def new_id() -> str:
    """Ids follow each other in time, as the edge makes them."""
    random = uuid.uuid4().int & ((1 << 76) - 1)
    return str(uuid.UUID(int=int(time.time() * 1000) << 80 | 7 << 76 | random & ~(3 << 62) | 2 << 62))


class Lost(Exception):
    """The connection was lost, or could not be made."""


class Line:
    """A connection with a role, made anew when it is lost. What is asked has to be harmless when it is done twice."""

    def __init__(self, stack: Stack, role: str, meanwhile: Callable[[], None] = lambda: None):
        self.place = {"host": str(stack.cluster.sockets), "user": role, "dbname": DATABASE}
        self.meanwhile = meanwhile
        self.connection = None

    def rows(self, statement: str, *values) -> list[tuple]:
        """Asks until there is an answer."""
        end = time.monotonic() + PATIENCE
        while True:
            try:
                return self.once(statement, *values)
            except Lost:
                if time.monotonic() > end:
                    raise
                self.meanwhile()
                time.sleep(0.1)

    def once(self, statement: str, *values) -> list[tuple]:
        """Asks once."""
        try:
            if self.connection is None:
                self.connection = psycopg2.connect(**self.place)
                self.connection.autocommit = True
            with self.connection.cursor() as cursor:
                cursor.execute(statement, values)
                return cursor.fetchall()
        except psycopg2.Error as error:
            # What the server itself has against a statement has a code; that it ends is an operational error.
            if error.pgcode and not isinstance(error, psycopg2.OperationalError):
                raise
            self.connection = None
            raise Lost from error


class Driver:
    """Whoever orders, and whoever works: `meanwhile` is done while the database is away."""

    def __init__(self, stack: Stack, meanwhile: Callable[[], None] = lambda: None):
        self.edge = Line(stack, "imgfilter_edge", meanwhile)
        self.worker = Line(stack, "imgfilter_worker", meanwhile)
        self.owner = Line(stack, "postgres", meanwhile)
        self.number = None

    def targets(self, owner: str, targets: list[dict]) -> list[dict]:
        """Sets an owner's targets, and confirms those that have to be."""
        limits = json.dumps({"max_targets": 20})
        self.edge.rows("select imgfilter.set_notifications(%s, %s, %s)", owner, json.dumps(targets), limits)
        codes = self.owner.rows("select target_id::text, details ->> 'code' from imgfilter.delivery where owner = %s and details ? 'code'", owner)
        for target, code in codes:
            self.edge.rows("select imgfilter.verify_target(%s, %s, %s)", owner, target, code)
        ((view,),) = self.edge.rows("select imgfilter.notifications_view(%s)", owner)
        return view["targets"]

    def order(self, owner: str | None, **spec) -> str:
        """Orders a task; its id."""
        task, image = new_id(), new_id()
        request = {
            "task": task, "owner": owner, "client": None, "quota": None, "idempotency": None,
            "image": {"id": image, "sha256": f"{uuid.uuid4().hex}{uuid.uuid4().hex}", "format": "jpeg", "width": 1920, "height": 1280,
                      "frames": 1, "bytes": 1_242_241, "object_key": f"o/202611/{image}", "filename": "IMG_2041.jpg"},
            "spec": {"filters": ["sepia"], "format": None, "quality": None, "expires_in": None, "webhook": None} | spec,
            "lane": "fast", "cost_ms": 41.7, "memory": 64, "max_attempts": 5}
        self.edge.rows("select imgfilter.submit_task(%s)", json.dumps(request))
        return task

    def work(self, most: int = 100) -> int:
        """Claims tasks and ends them at once; how many. 0 also when the database went away in between."""
        try:
            return self._work(most)
        except Lost:
            self.number = None
            self.worker.meanwhile()
            return 0

    def _work(self, most: int) -> int:
        if self.number is None:
            self.number = self.worker.once("select imgfilter.worker_start('driver', %s, 'test')", os.getpid())[0][0]
        claim = "select queue_id, lease, task::text from imgfilter.claim(%s, %s, %s, 100000, 100000, %s::interval, null, '3 months'::interval)"
        claimed = [row for lane in LANES for row in self.worker.once(claim, self.number, lane, most, LEASE)]
        if not claimed:
            self.worker.once("select imgfilter.reap('1 minute'::interval, 200)")
            # It gives no signs of life, so others may have struck it off.
            self.number = None
            return 0
        results = [json.dumps([{"status": "done", "object_key": f"r/202702/{task}", "format": "jpeg", "width": 1920, "height": 1280,
                                "bytes": 400_000, "sha256": f"{uuid.uuid4().hex}{uuid.uuid4().hex}", "filename": "IMG_2041.jpg"}])
                   for _, _, task in claimed]
        queues, leases, _ = zip(*claimed, strict=True)
        told = "select imgfilter.complete_many(%s, %s, %s, %s::jsonb[], '3 months'::interval)"
        self.worker.once(told, [self.number] * len(claimed), list(queues), list(leases), results)
        return len(claimed)

    def waiting(self, lanes: str) -> int:
        """Rows of the queue in these lanes: a condition."""
        return self.owner.rows(f"select count(*) from imgfilter.queue where lane {lanes}")[0][0]
