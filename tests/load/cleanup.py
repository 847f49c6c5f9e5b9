"""How `imgfilter cleanup` does what there is to do when nobody came for long: `python3 -m load.cleanup`.

A million links that have ended, each with a small object in the store, or as many as can be made in ten minutes. Then:

- how long tasks wait for a worker without a cleanup, and beside one, which also says how many links it removes a second;
- a cleanup is killed with SIGKILL at random, five times;
- two at once remove the rest.

It fails, and says why, unless in the end nothing is left of what has ended and all of what lives; unless both of the two did
a good part, and nothing was counted twice; and if the memory of a cleanup grew while it worked.
"""

import argparse
import json
import random
import subprocess
import threading
import time
from pathlib import Path

from stack.ready import wait_until
from stack.service import Stack

from . import expired, figures, latency, photographs, processes
from .records import Records
from .stage import stage
from .uploader import Upload

SAMPLES = 0.1
"""Seconds between two looks at the memory."""
LEASE = 5
"""Seconds for which what a killed cleanup had is nobody's."""
KILLS = 5
BESIDE, KILLED = 0.5, 0.25
"""Parts of the links: for the cleanup beside tasks, and for those that are killed. The rest, and what is left, is for two."""
FAIR = 0.25
"""The least part of the work that each of two does."""
GROWTH = 1.3
"""By how much memory in the last third of a cleanup may be above that in the first."""
EXPIRED = "select count(*) from link where expires_at <= now()"


class Run:
    """One cleanup under way, with its memory looked at."""

    def __init__(self, stack: Stack, *options: object):
        command = [stack.plan.build.program, "cleanup", "--json", "--lease", f"{LEASE}s", *options]
        self.begun = time.monotonic()
        self.process = subprocess.Popen([str(word) for word in command], env=stack.environment, text=True, cwd="/",
                                        stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        self.resident: list[int] = []
        self.watcher = threading.Thread(target=self._watch, daemon=True)
        self.watcher.start()

    def _watch(self) -> None:
        while self.process.poll() is None:
            if (size := processes.size(self.process.pid)) and size.resident:
                self.resident.append(size.resident)
            time.sleep(SAMPLES)

    def kill(self) -> None:
        self.process.kill()
        self.process.communicate()

    def end(self) -> dict:
        """What it says it has done; it must have ended well, or because its time was up."""
        said, complaint = self.process.communicate()
        if self.process.returncode not in (0, 3):
            raise SystemExit(f"a cleanup ended with {self.process.returncode}: {complaint}")
        self.watcher.join()
        return json.loads(said) | {"seconds": round(time.monotonic() - self.begun, 1)}

    def memory(self) -> dict:
        """In MiB: the most of each third of its time."""
        third = max(1, len(self.resident) // 3)
        parts = [self.resident[:third], self.resident[third:2 * third], self.resident[2 * third:]]
        return {"mib_in_thirds": [round(max(part) / 2**20, 1) for part in parts if part]}


class Bench:
    """The measurements, one after the other, on one lot of links."""

    def __init__(self, stack: Stack, options: argparse.Namespace):
        self.stack = stack
        self.options = options
        self.records = Records(stack)
        self.wrong: list[str] = []
        self.photo = Upload("PUT", photographs.target("resize(width=64)"), photographs.flat((640, 480)), "image/png")

    def make(self) -> dict:
        begun = time.monotonic()
        count = expired.make_objects(self.stack, self.options.links, self.options.make_seconds)
        stored = time.monotonic() - begun
        living = max(1, count // 100)
        expired.make_rows(self.records, count)
        self.count, self.living, self.ended = count, living, living
        # So many that there are some left when a few have been under way for a moment.
        self.batch = min(1000, max(5, int(count * KILLED / KILLS / 40)))
        print(f"{count - living} links have ended, {living} live; {count / stored:.0f} objects a second were stored", flush=True)
        return {"links": count - living, "living": living, "stored_per_s": round(count / stored)}

    def waits(self, name: str) -> dict:
        """From the 202 until a worker has begun."""
        tasks = latency.upload_all(self.stack.url, self.photo, self.options.tasks, self.options.rate)
        return latency.shown(name, latency.milliseconds(self.records, tasks, "started_at"))

    def beside(self) -> dict:
        """Tasks without a cleanup, and beside one."""
        latency.upload_all(self.stack.url, self.photo, 10, 10)
        print(f"{'milliseconds from the 202':44}{'tasks':>7}{'p50':>9}{'p95':>9}{'p99':>9}{'max':>9}")
        before = self.waits("until it is begun, without a cleanup")
        self.end(BESIDE)
        left = self.left()
        run = Run(self.stack, "--max-seconds", int(self.options.tasks / self.options.rate) + 2)
        during = self.waits("until it is begun, beside a cleanup")
        report = run.end()
        rate = round(report["links"] / report["seconds"])
        print(f"beside them {report['links']} of {left} links were removed, {rate} a second", flush=True)
        slower = {name: round(during[name] / before[name], 2) for name in before if name.startswith("p") and before[name]}
        print(f"tasks wait so many times as long beside it: {slower}", flush=True)
        return {"claim_ms_before": before, "claim_ms_during": during, "claim_ratio": slower,
                "beside_tasks": report | {"links_per_s": rate} | self.level(run)}

    def killed(self) -> dict:
        """Five that are killed, each somewhere in the first half of what has ended since the last one; what they had is free
        when their leases are over."""
        removed, part = [], KILLED / KILLS
        for number in range(KILLS):
            self.end(BESIDE + part * (number + 1))
            before = self.left()
            aim = before - random.randrange(1, int(self.count * part / 2))
            run = Run(self.stack, "--batch", self.batch)
            wait_until("some of its work", lambda: self.left() <= aim or run.process.poll() is not None, 120)
            time.sleep(random.uniform(0, 0.05))
            if run.process.poll() is not None:
                self.wrong.append("a cleanup ended before it was killed")
            run.kill()
            removed.append(before - self.left())
        print(f"killed {KILLS} times, after {', '.join(map(str, removed))} links", flush=True)
        return {"links_before_each_kill": removed}

    def end(self, part: float) -> None:
        """Has this part of the links ended, but for the first few, which live."""
        expired.end(self.records, self.ended, int(self.count * part))
        self.ended = int(self.count * part)

    def left(self) -> int:
        """Links that have ended and are still there."""
        return self.records.rows(EXPIRED)[0][0]

    def together(self) -> dict:
        """Two at once, to the end."""
        self.end(1)
        free = "select count(*) = 0 from link where expires_at <= now() and deleting_until >= now()"
        wait_until("the end of the leases", lambda: self.records.rows(free)[0][0], 60 + LEASE)
        before = self.left()
        runs = [Run(self.stack, "--batch", self.batch) for _ in range(2)]
        reports = [run.end() for run in runs]
        links = [report["links"] for report in reports]
        rate = round(sum(links) / max(report["seconds"] for report in reports))
        print(f"two at once removed {links[0]} and {links[1]} links, {rate} a second together", flush=True)
        if sum(links) != before:
            self.wrong.append(f"two at once removed {sum(links)} of {before} links")
        if min(links) < FAIR * before:
            self.wrong.append("one of the two did next to nothing")
        memory = [self.level(run)["mib_in_thirds"] for run in runs]
        return {"two_at_once": {"links": links, "links_per_s": rate, "mib_in_thirds": memory}}

    def level(self, run: Run) -> dict:
        """A cleanup's memory, which must not have grown while it worked."""
        memory = run.memory()
        thirds = memory["mib_in_thirds"]
        # a few looks at one that has just begun say nothing
        if len(run.resident) >= 30 and thirds[2] > GROWTH * thirds[0]:
            self.wrong.append(f"memory grew: {thirds} MiB")
        return memory


def measure(stack: Stack, options: argparse.Namespace) -> tuple[dict, list[str]]:
    bench = Bench(stack, options)
    found = bench.make()
    found |= bench.beside()
    found |= bench.killed()
    found |= bench.together()
    last = Run(stack).end()
    found["last"] = last
    bench.wrong += expired.left(bench.records, bench.count, bench.living)
    if last["links"] or not last["finished"]:
        bench.wrong.append(f"there was something left to do: {last}")
    bench.records.connection.close()
    return found, bench.wrong


def main() -> None:
    parser = argparse.ArgumentParser(prog="load.cleanup", description=__doc__.split("\n")[0])
    parser.add_argument("--links", type=int, default=1_000_000, help="links, or as many as the time allows")
    parser.add_argument("--make-seconds", type=float, default=600, help="time to store their objects")
    parser.add_argument("--tasks", type=int, default=240, help="tasks in each turn")
    parser.add_argument("--rate", type=float, default=8, help="of them a second")
    parser.add_argument("--short", action="store_true", help="a few seconds, to see that it still measures")
    parser.add_argument("--profile", default="release")
    parser.add_argument("--figures", type=Path, default=figures.place("cleanup"), help="where to leave what was found")
    options = parser.parse_args()
    if options.short:
        options.links, options.tasks, options.rate = 4000, 8, 8
    with stage(options.profile, CLEANUP_EVERY="0") as stack:
        found, wrong = measure(stack, options)
    print(figures.write(options.figures, found | {"wrong": wrong}))
    if wrong:
        raise SystemExit("\n".join(wrong))


if __name__ == "__main__":
    main()
