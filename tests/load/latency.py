"""How long tasks wait: `python3 -m load.latency`.

First on an idle service, one upload at a time: from the 202 until a worker has begun. Then fast tasks, at a steady pace,
from the 202 until they are done: without and with two hundred slow ones in the queue.

All times are the database's: `created_at` is the beginning of the transaction that a 202 stands for, so a little before the
202, `started_at` that of the claim, `finished_at` that of the end.
"""

import argparse
import json
import random
import time

from stack.ready import wait_until
from stack.service import Stack

from . import figures, photographs, processes
from .reader import Reader
from .records import Records
from .stage import stage
from .uploader import Tally, Upload, Uploader, numbers

FAST = "resize(width=800)|brightness(10)|sepia(0.8)"
SLOW = "oil(10)|oil(10)|oil(10)|oil(10)|oil(10)"
LEAST_SLOW = 5.0
"""Seconds of work that a slow task has at least."""
REST = 0.4
"""Longest time between the end of a task and the next upload on an idle service, in seconds."""


class Client(Uploader):
    """Uploads the same again and again, at a pace that all clients share."""

    def __init__(self, url, following, tally: Tally, upload: Upload, pace: "Pace"):
        super().__init__(url, following, tally)
        self.upload = upload
        self.pace = pace

    def work(self, number: int) -> None:
        self.pace.wait(number)
        status, answer = self.ask(self.upload.method, self.upload.target, self.upload.body, {"Content-Type": self.upload.kind})
        if status == 202:
            self.tally.accept(json.loads(answer)["id"])
        else:
            self.tally.complain(f"upload {number}: {status} {answer[:300]!r}")


class Patient(Reader):
    """Uploads again when the last task has ended and some time has passed: nothing else is under way."""

    def __init__(self, url, following, tally: Tally, upload: Upload):
        super().__init__(url, following, tally)
        self.upload = upload

    def work(self, number: int) -> None:
        time.sleep(random.uniform(0, REST))
        if task := self.insist(number, f"patient-{number}", self.upload):
            self.ended(task["id"])
            self.tally.accept(task["id"])


class Pace:
    """When each upload begins: at random about its time, so that no clock of the service keeps step with it."""

    def __init__(self, rate: float):
        self.rate = rate
        self.begun = time.monotonic()

    def wait(self, number: int) -> None:
        due = self.begun + (number + random.random()) / self.rate
        time.sleep(max(0.0, due - time.monotonic()))


def run_all(clients: list[Uploader], tally: Tally) -> list[str]:
    """The tasks of these clients, when all have come to their end."""
    for client in clients:
        client.start()
    for client in clients:
        client.join()
    if tally.wrong:
        raise SystemExit("\n".join(tally.wrong))
    return tally.accepted


def upload_all(url: str, upload: Upload, count: int, rate: float, connections: int = 4) -> list[str]:
    """Uploads at this rate; the tasks."""
    tally, pace = Tally(), Pace(rate)
    following = numbers(count, tally)
    return run_all([Client(url, following, tally, upload, pace) for _ in range(connections)], tally)


def upload_alone(url: str, upload: Upload, count: int) -> list[str]:
    """Uploads on an idle service; the tasks."""
    tally = Tally()
    return run_all([Patient(url, numbers(count, tally), tally, upload)], tally)


def milliseconds(records: Records, tasks: list[str], end: str) -> list[float]:
    """From `created_at` to another time, of tasks that have it."""
    open_ones = "select count(*) from task where id = any(%s::uuid[]) and finished_at is null"
    wait_until("the end of the tasks", lambda: records.rows(open_ones, tasks) == [(0,)], 120)
    rows = records.rows(f"select extract(epoch from {end} - created_at) * 1000 from task where id = any(%s::uuid[])", tasks)
    return [float(value) for value, in rows]


def shown(name: str, values: list[float]) -> dict:
    found = {"count": len(values)} | {f"p{share}": round(figures.quantile(values, share / 100), 1) for share in (50, 95, 99, 100)}
    print(f"{name:44}{found['count']:>7}" + "".join(f"{found[f'p{share}']:>9.1f}" for share in (50, 95, 99, 100)), flush=True)
    return found


def slow_work(stack: Stack, records: Records, upload: Upload) -> float:
    """Seconds of work of one slow task, alone: by the processor time of the worker."""
    before = processes.processor_seconds(stack.children["worker"].pid)
    task, = upload_all(stack.url, upload, 1, 10)
    milliseconds(records, [task], "finished_at")
    return processes.processor_seconds(stack.children["worker"].pid) - before


def measure(stack: Stack, options: argparse.Namespace) -> dict:
    records = Records(stack)
    photo = Upload("PUT", photographs.target(FAST), photographs.photograph(0), "image/jpeg")
    slow = Upload("PUT", photographs.target(SLOW), photographs.flat(), "image/png")
    upload_all(stack.url, photo, 20, 10)
    work = slow_work(stack, records, slow)
    print(f"a slow task is {work:.1f} s of work\n\n{'milliseconds from the 202':44}{'tasks':>7}{'p50':>9}{'p95':>9}{'p99':>9}{'max':>9}")
    if work < LEAST_SLOW:
        raise SystemExit(f"a slow task should have {LEAST_SLOW} s of work")
    idle = upload_alone(stack.url, photo, options.idle)
    begun = shown("until it is begun, on an idle service", milliseconds(records, idle, "started_at"))
    alone = upload_all(stack.url, photo, options.fast, options.rate)
    without = shown("until it is done, without slow ones", milliseconds(records, alone, "finished_at"))
    upload_all(stack.url, slow, options.slow, 100)
    waiting = "select count(*) from queue where lane = lane_number('slow')"
    wait_until("a slow task that is worked on", lambda: records.rows(f"{waiting} and worker_id is not null")[0][0] > 0, 30)
    beside = upload_all(stack.url, photo, options.fast, options.rate)
    with_slow = shown("until it is done, with slow ones queued", milliseconds(records, beside, "finished_at"))
    left = records.rows(waiting)[0][0]
    records.connection.close()
    ratio = with_slow["p95"] / without["p95"]
    print(f"\n{left} of {options.slow} slow ones are still queued; p95 with them: {ratio:.2f} times that without")
    return {"idle_to_processing_ms": begun, "fast_to_done_ms": without, "fast_to_done_beside_slow_ms": with_slow, "p95_ratio": round(ratio, 2),
            "slow_work_s": round(work, 1), "slow_left": left}


def main() -> None:
    parser = argparse.ArgumentParser(prog="load.latency", description=__doc__.split("\n")[0])
    parser.add_argument("--idle", type=int, default=400, help="uploads on an idle service")
    parser.add_argument("--fast", type=int, default=400, help="fast tasks in each turn")
    parser.add_argument("--rate", type=float, default=8, help="of them a second")
    parser.add_argument("--slow", type=int, default=200, help="slow tasks in the queue")
    parser.add_argument("--profile", default="release")
    options = parser.parse_args()
    # What is slow may take longer than a task usually may, and is not waited for in the end.
    with stage(options.profile, TASK_DEADLINE="10m", DRAIN="1s") as stack:
        found = measure(stack, options)
    print(f"\n{figures.keep('latency', found)}")


if __name__ == "__main__":
    main()
