"""Many uploads through two edges behind a load balancer, one of them killed midway: `python3 -m load.soak`.

A tenth of the uploads is left midway, a tenth is malformed. Good ones are sent again, under an Idempotency-Key, until
they are accepted. Lives are short, so that cleanup removes what has ended while the rest goes on. It fails, and says why,
unless

- every 202 has its task in the database and its original in the store, at once, and each task ends done;
- there is one task for each upload that was accepted, and none else;
- no error log tells of a crash, and the living edge's descriptors and memory stay level;
- spools are empty, and after cleanup the store holds what the database knows; when all lives are over, neither holds
  anything.
"""

import argparse
import re
import statistics
import threading
import time
from pathlib import Path

from stack.child import Child
from stack.edges import Edge, front
from stack.places import StackError
from stack.ready import wait_until
from stack.service import Stack

from . import processes
from .records import Records, clean, left_in
from .soak_client import SoakClient
from .stage import stage
from .uploader import Tally, numbers

LIVES = {"LINK_LIFE": "20 seconds", "ORIGINAL_LIFE": "20s", "CLEANUP_EVERY": "10s"}
"""Of what is stored, so that the disk is not filled."""
OVER = {"ORPHAN_AGE": "1s", "ORPHAN_AGE_UNSAFE": "true", "ORIGINAL_LIFE": "1s"}
CRASHES = re.compile(r"exited on signal|signal 11|panicked|\[(emerg|alert)\]|stack traceback")
MORE_DESCRIPTORS = 8
"""What an nginx worker may have open more after the run than before it, when connections that were kept are closed."""
MORE_MEMORY = 96 << 20
"""Bytes that an nginx worker may hold more in the last quarter of the run than in the second: an upload takes a megabyte,
and while one edge is away the other has twice as many."""
SETTLED = 90
"""After so many seconds no connection is kept any more."""


class Sampler(threading.Thread):
    """What the worker processes of an nginx hold, once a second."""

    def __init__(self, child: Child):
        super().__init__(daemon=True)
        self.child = child
        self.samples: list[processes.Size] = []
        self.ended = threading.Event()

    def now(self) -> processes.Size:
        """The most that one worker process holds."""
        sizes = [size for pid in processes.family(self.child.pid)[1:] if (size := processes.size(pid))]
        return processes.Size(max(size.descriptors for size in sizes), max(size.resident for size in sizes))

    def run(self) -> None:
        self.samples.append(self.now())
        while not self.ended.wait(1.0):
            self.samples.append(self.now())

    def quarter(self, number: int) -> processes.Size:
        """The medians of one quarter of the run, from 0."""
        length = max(1, len(self.samples) // 4)
        part = self.samples[number * length:(number + 1) * length] or self.samples[-1:]
        return processes.Size(*(round(statistics.median(getattr(size, name) for size in part)) for name in ("descriptors", "resident")))


def upload_all(records: Records, url: str, victim: Edge, options: argparse.Namespace) -> Tally:
    """The uploads themselves, and the end of one edge in the middle of them."""
    tally = Tally()
    following = numbers(options.uploads, tally)
    clients = [SoakClient(url, following, tally, options.seed, records.promised) for _ in range(options.connections)]
    start = time.monotonic()
    for client in clients:
        client.start()
    wait_until("half of the uploads", lambda: tally.begun >= options.uploads // 2, options.patience)
    victim.child.kill()
    print(f"{time.monotonic() - start:6.0f} s  edge {victim.name} killed; {len(left_in(victim.spool))} files in its spool", flush=True)
    wait_until("three quarters of the uploads", lambda: tally.begun >= options.uploads * 3 // 4, options.patience)
    victim.start()
    print(f"{time.monotonic() - start:6.0f} s  edge {victim.name} started again", flush=True)
    for client in clients:
        client.join(options.patience)
        if client.is_alive():
            tally.complain("a client did not come to its end")
    seconds = time.monotonic() - start
    print(f"{seconds:6.0f} s  {options.uploads} uploads, {options.uploads / seconds:.1f}/s: {dict(sorted(tally.outcomes.items()))}", flush=True)
    return tally


def check_tasks(records: Records, tally: Tally) -> list[str]:
    """Every promise is kept, and there is nothing that was not promised."""
    wrong = list(tally.wrong)
    try:
        wait_until("the end of all tasks", lambda: records.open_tasks() == 0, 600)
    except StackError as error:
        wrong.append(str(error))
    ended = dict(records.rows("select id::text, status from task"))
    accepted = set(tally.accepted)
    wrong += [f"task {task} was accepted and is gone" for task in accepted - ended.keys()][:5]
    wrong += [f"task {task} was never heard of by its client" for task in ended.keys() - accepted][:5]
    wrong += [f"task {task} is {status}" for task, status in ended.items() if status not in ("done", "expired")][:5]
    if len(accepted) != len(tally.accepted):
        wrong.append(f"{len(tally.accepted) - len(accepted)} uploads were answered with the task of another")
    print(f"{len(accepted)} tasks were promised, {len(ended)} have ended", flush=True)
    return wrong


def check_cleanup(stack: Stack, records: Records, spools: list[Path]) -> list[str]:
    """Nothing lies about: first what belongs to no one goes, then everything."""
    wrong = []
    time.sleep(2)
    clean(stack, spools, **OVER)
    wrong += [f"{path} is left in a spool" for spool in spools for path in left_in(spool)][:5]
    orphans = records.stored() - records.known()
    wrong += [f"object {key} belongs to no one" for key in orphans][:5]
    try:
        wait_until("the end of all links", lambda: records.rows("select count(*) from link where expires_at > now()")[0][0] == 0, 60)
        time.sleep(2)
        for _ in range(3):
            clean(stack, spools, **OVER, TASK_LIFE="1s")
            time.sleep(1)
    except StackError as error:
        wrong.append(str(error))
    left = {name: records.rows(f"select count(*) from {name}")[0][0] for name in ("task", "image", "link", "queue", "dead")}
    objects = len(records.stored())
    print(f"when all lives are over: {left}, {objects} objects", flush=True)
    if objects or any(left.values()):
        wrong.append(f"left when all lives are over: {left}, {objects} objects")
    return wrong


def check_processes(stack: Stack, samplers: dict[str, Sampler]) -> list[str]:
    """No crash, no leak."""
    wrong = []
    for log in sorted(stack.logs.glob("*.log")):
        lines = [line for line in log.read_text(errors="replace").splitlines() if CRASHES.search(line)]
        wrong += [f"{log.name}: {line}" for line in lines][:3]
    for name, sampler in samplers.items():
        before, early, late = sampler.samples[0], sampler.quarter(1), sampler.quarter(3)
        try:
            wait_until("the end of kept connections", lambda: sampler.now().descriptors <= before.descriptors + MORE_DESCRIPTORS, SETTLED)
        except StackError:
            wrong.append(f"{name} had {before.descriptors} descriptors open before the run, and {sampler.now().descriptors} after it")
        if late.resident > early.resident + MORE_MEMORY:
            wrong.append(f"{name} grew from {early.resident >> 20} to {late.resident >> 20} MiB")
        row = "; ".join(f"{when} {size.descriptors} descriptors, {size.resident >> 20} MiB"
                        for when, size in (("before", before), ("second quarter", early), ("last", late), ("after", sampler.now())))
        print(f"{name}: {row}", flush=True)
    return wrong


def soak(stack: Stack, options: argparse.Namespace) -> list[str]:
    """The whole of it; what was wrong."""
    before = front(stack, "a", "b")
    records = Records(stack)
    # Edge b begins anew after it was killed, so it says nothing of leaks.
    samplers = {"edge a": Sampler(before.edges[0].child), "balancer": Sampler(before.balancer)}
    for sampler in samplers.values():
        sampler.start()
    tally = upload_all(records, before.url, before.edges[1], options)
    for sampler in samplers.values():
        sampler.ended.set()
    wrong = check_tasks(records, tally)
    wrong += check_cleanup(stack, records, before.spools)
    wrong += check_processes(stack, samplers)
    records.connection.close()
    return wrong


def main() -> None:
    parser = argparse.ArgumentParser(prog="load.soak", description=__doc__.split("\n")[0])
    parser.add_argument("--uploads", type=int, default=20_000)
    parser.add_argument("--connections", type=int, default=64)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--patience", type=float, default=7200, help="the longest wait for a part of the uploads, in seconds")
    parser.add_argument("--profile", default="release")
    options = parser.parse_args()
    with stage(options.profile, **LIVES) as stack:
        wrong = soak(stack, options)
    for each in wrong:
        print(f"WRONG: {each}")
    raise SystemExit(f"{len(wrong)} things were wrong" if wrong else None)


if __name__ == "__main__":
    main()
