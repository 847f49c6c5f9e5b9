"""Killing parts of a stack at random, and starting them anew as systemd would."""

import os
import random
import signal
import threading
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from stack.child import Child, descendants
from stack.edges import Front
from stack.ready import wait_until
from stack.service import Stack

from .uploader import Tally

KINDS = ("worker", "engine", "edge", "store", "postgresql", "sleeping worker")
WORKERS = ("worker", "worker-b")
RESTART = 1.0
"""Seconds from a death to the next start: RestartSec= of the units."""
PAUSE = (0.3, 2.5)
"""Shortest and longest time between two events, in seconds."""
LOOK = 3
"""How long an engine that is at work is looked for, in seconds."""
PATIENCE = 120
"""How long an event may wait for somebody to strike, in seconds."""


def is_engine(pid: int) -> bool:
    """Whether a process is the part of a worker that reads strangers' pictures."""
    try:
        return b"engine" in Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0")
    except (FileNotFoundError, ProcessLookupError):
        return False


def is_busy(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] == "R"
    except (FileNotFoundError, ProcessLookupError):
        return False


@dataclass
class Part:
    """A process that is started anew when it has ended."""

    child: Child
    start: Callable[[], None]
    ended_at: float | None = None


class Keeper:
    """What systemd does. `tend` is called again and again, by the thread that lives as long as the children: they end with
    the thread that started them."""

    def __init__(self, stack: Stack, front: Front):
        alone = [stack.children[name] for name in ("postgresql", "store", *WORKERS)]
        self.parts = [*(Part(child, child.start) for child in alone), *(Part(each.child, each.begin) for each in front.edges)]
        self.past: list[int] = []
        """Processes that have ended."""

    def tend(self) -> None:
        for part in self.parts:
            if part.child.alive:
                part.ended_at = None
            elif part.ended_at is None:
                part.ended_at = time.monotonic()
            elif time.monotonic() - part.ended_at >= RESTART:
                self.past.append(part.child.pid)
                part.start()

    def whole(self) -> bool:
        return all(part.child.alive for part in self.parts)


class Course:
    """Spreads events over uploads, so that neither ends long before the other: an event is due at its share of the
    uploads, and uploads do not run ahead of the events by more than two shares."""

    def __init__(self, uploads: int, events: int, tally: Tally):
        self.uploads = uploads
        self.share = uploads / (events + 1)
        self.tally = tally
        self.struck = 0
        self.given_up = False
        self.moved = threading.Condition()

    def following(self) -> int | None:
        """The number of the next upload, when it is due; None when there are enough."""
        with self.moved:
            number = self.tally.begun
            if number >= self.uploads:
                return None
            self.tally.begun += 1
            self.moved.notify_all()
            self.moved.wait_for(lambda: self.given_up or number < (self.struck + 2) * self.share)
            return number

    def reach(self, event: int) -> None:
        """Waits until an event is due, from 0."""
        with self.moved:
            self.moved.wait_for(lambda: self.tally.begun >= min((event + 0.5) * self.share, self.uploads))

    def strike(self) -> None:
        with self.moved:
            self.struck += 1
            self.moved.notify_all()

    def give_up(self) -> None:
        """There will be no more events."""
        with self.moved:
            self.given_up = True
            self.moved.notify_all()


class Havoc(threading.Thread):
    """Strikes again and again, each kind of event as often as another, in the order that the seed deals."""

    def __init__(self, stack: Stack, front: Front, course: Course, options, tally: Tally):
        super().__init__(daemon=True)
        self.stack = stack
        self.front = front
        self.course = course
        self.tally = tally
        self.chance = random.Random(f"{options.seed} havoc")
        self.sleep = options.sleep
        """How long a stopped worker sleeps, in seconds."""
        self.kinds = [kind for kind in KINDS if kind not in options.without]
        self.order = [self.kinds[number % len(self.kinds)] for number in range(options.events)]
        self.chance.shuffle(self.order)
        self.happened: Counter[str] = Counter()
        self.sleepers: list[threading.Timer] = []
        self.begun = time.monotonic()

    def run(self) -> None:
        self.begun = time.monotonic()
        try:
            for number, kind in enumerate(self.order):
                self.course.reach(number)
                time.sleep(self.chance.uniform(*PAUSE))
                what = getattr(self, kind.replace(" ", "_"))()
                self.happened[kind] += 1
                print(f"{time.monotonic() - self.begun:6.1f} s  {self.course.tally.begun:5} uploads begun  {what}", flush=True)
                self.course.strike()
        except Exception as error:  # noqa: BLE001 (a run without its events would pass)
            self.tally.complain(f"the havoc broke off: {type(error).__name__}: {error}")
        finally:
            self.course.give_up()
            for sleeper in self.sleepers:
                sleeper.join()

    def one_of(self, what: str, found: Callable[[], list]):
        """One of those that live; waits until there is one."""
        wait_until(what, lambda: bool(found()), PATIENCE)
        living = found()
        return self.chance.choice(living) if living else self.one_of(what, found)

    def workers(self) -> list[Child]:
        return [child for name in WORKERS if (child := self.stack.children[name]).alive]

    def worker(self) -> str:
        """Only the process itself: what it has started must notice."""
        child = self.one_of("a living worker", self.workers)
        child.process.kill()
        return f"{child.name} killed"

    def engines(self) -> list[int]:
        """Those of living workers."""
        return [pid for child in self.workers() for pid in descendants(child.pid) if is_engine(pid)]

    def busy_engines(self) -> list[int]:
        return [pid for pid in self.engines() if is_busy(pid)]

    def engine(self) -> str:
        """One that is at work, if there is one soon: another costs no one anything."""
        end = time.monotonic() + LOOK
        while not (busy := self.busy_engines()) and time.monotonic() < end:
            time.sleep(0.01)
        pid = self.chance.choice(busy) if busy else self.one_of("an engine of a living worker", self.engines)
        try:
            os.kill(pid, signal.SIGKILL)
        except ProcessLookupError:
            return self.engine()
        return f"engine {pid} killed, {'at work' if busy else 'idle'}"

    def edge(self) -> str:
        """Its master and its workers: what would be left of its unit systemd ends too."""
        edge = self.one_of("a living edge", lambda: [each for each in self.front.edges if each.child.alive])
        edge.child.kill()
        return f"{edge.child.name} killed"

    def store(self) -> str:
        store = self.stack.children["store"]
        self.one_of("the store", lambda: [store] if store.alive else [])
        store.kill()
        return "store killed"

    def postgresql(self) -> str:
        """`pg_ctl stop -m immediate`: no goodbye, and the next start recovers from the log."""
        server = self.stack.cluster.child
        self.one_of("PostgreSQL", lambda: [server] if server.alive else [])
        server.process.send_signal(signal.SIGQUIT)
        server.process.wait(PATIENCE)
        return "postgresql stopped at once"

    def sleeping_worker(self) -> str:
        """Stopped until its leases are over and others have its tasks, then woken up: what it comes with is too late."""
        child = self.one_of("a living worker", self.workers)
        process = child.process
        process.send_signal(signal.SIGSTOP)
        # It may be killed meanwhile: then there is nobody to wake, and Popen knows.
        sleeper = threading.Timer(self.sleep, lambda: process.send_signal(signal.SIGCONT))
        sleeper.start()
        self.sleepers.append(sleeper)
        return f"{child.name} put to sleep for {self.sleep} s"
