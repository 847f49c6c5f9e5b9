"""What the whole service does in a second: `python3 -m load.service`.

Eight clients upload photographs of one to three megapixels, each its own again and again, for a chain of three filters; the
time is that from the first upload to the end of the last task. What the codecs and filters alone would do on this machine
is measured by `imgfilter apply` on the same files, a process for each core, one thread each. Starting a process is no part
of that: what a picture of one pixel takes, a chain and all, is taken off. Rounds of both alternate.
"""

import argparse
import json
import os
import resource
import statistics
import subprocess
import threading
import time
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from PIL import Image

from stack.ready import wait_until
from stack.service import Stack

from . import figures, photographs, processes
from .records import Records
from .stage import build_client, head, stage

CHAIN = "brightness(10)|saturation(25)|sharpen"
PARTS = ("nginx", "worker", "postgresql", "store")


@dataclass(frozen=True)
class Round:
    """One round of the service."""

    rate: float
    """Images a second, from the first upload to the end of the last task."""
    uploaded: float
    """Seconds until the last upload was answered."""
    seconds: float
    processors: dict[str, float]
    """Milliseconds of processor time for an image, of each part and of the clients."""


@dataclass(frozen=True)
class Limit:
    """What codecs and filters alone do."""

    rate: float
    """Images a second."""
    with_starts: float
    """The same with the start of a process for each."""
    processor: float
    """Milliseconds of processor time for an image."""


def spent() -> float:
    """Seconds of processor time of all that was waited for."""
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    return usage.ru_utime + usage.ru_stime


class Service:
    """The stack, the photographs, and the program that sends them."""

    def __init__(self, stack: Stack, clients: int, chain: str):
        self.stack = stack
        self.chain = chain
        self.sender = build_client()
        self.records = Records(stack)
        folder = stack.plan.state / "photographs"
        folder.mkdir()
        self.photos = []
        for number in range(clients):
            photo = folder / f"{number}.jpg"
            photo.write_bytes(photographs.photograph(number))
            heads = head("PUT", photographs.target(chain), urlsplit(stack.url).netloc, photo.stat().st_size, Content_Type="image/jpeg")
            photo.with_suffix(".head").write_text(heads)
            self.photos.append(photo)
        self.dot = folder / "dot.png"
        Image.new("RGB", (1, 1)).save(self.dot)

    def round(self, each: int) -> Round:
        """Every client uploads its photograph so many times."""
        before, clients_before = self.used(), spent()
        start = time.time()
        address = urlsplit(self.stack.url).netloc
        senders = [subprocess.Popen([self.sender, address, photo.with_suffix(".head"), photo, "1", "600", str(each)], stdout=subprocess.PIPE)
                   for photo in self.photos]
        answers = [json.loads(sender.communicate()[0]) for sender in senders]
        uploaded = time.time() - start
        if any(answer["statuses"] != {"202": each} for answer in answers):
            raise SystemExit(f"{answers}; the end of nginx's log:\n{self.stack.children['nginx'].tail()}")
        wait_until("the end of the tasks", lambda: self.records.open_tasks() == 0, 600)
        end, = self.records.rows("select extract(epoch from max(finished_at))::float from task")[0]
        after, clients_after = self.used(), spent()
        count = each * len(self.photos)
        bad = self.records.rows("select count(*) from task where status <> 'done'")[0][0]
        if bad:
            raise SystemExit(f"{bad} tasks are not done")
        used = {part: (after[part] - before[part]) * 1000 / count for part in PARTS}
        used["clients"] = (clients_after - clients_before) * 1000 / count
        return Round(count / (end - start), uploaded, end - start, used)

    def used(self) -> dict[str, float]:
        return {part: processes.processor_seconds(self.stack.children[part].pid) for part in PARTS}

    def apply(self, files: list[Path]) -> tuple[float, float]:
        """Seconds that `imgfilter apply` takes for these files, a process for each core at a time, and its processor time."""
        program, left, lock = self.stack.plan.build.program, list(files), threading.Lock()

        def work(core: int) -> None:
            while True:
                with lock:
                    if not left:
                        return
                    file = left.pop()
                command = [program, "apply", file, "-f", self.chain, "--threads", "1", "-o", file.parent / f"applied-{core}{file.suffix}"]
                subprocess.run(command, check=True)

        start, before = time.monotonic(), spent()
        threads = [threading.Thread(target=work, args=(core,)) for core in range(os.cpu_count())]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        return time.monotonic() - start, spent() - before

    def limit(self, each: int) -> Limit:
        files = self.photos * each
        count = len(files)
        (whole, used), (starts, of_starts) = self.apply(files), self.apply([self.dot] * count)
        return Limit(count / (whole - starts), count / whole, 1000 * (used - of_starts) / count)


def measure(service: Service, options: argparse.Namespace) -> dict:
    service.round(4)
    rounds, limits = [], []
    for _ in range(options.rounds):
        limits.append(service.limit(options.applied))
        rounds.append(service.round(options.each))
        last, limit = rounds[-1], limits[-1]
        print(f"{last.rate:7.1f} images/s in {last.seconds:.1f} s, uploaded in {last.uploaded:.1f} s; apply {limit.rate:.1f} images/s, "
              f"{limit.with_starts:.1f} with starts", flush=True)
    used = {part: statistics.median(each.processors[part] for each in rounds) for part in rounds[0].processors}
    rate = statistics.median(each.rate for each in rounds)
    limit, with_starts, alone = (statistics.median(getattr(each, name) for each in limits) for name in ("rate", "with_starts", "processor"))
    cores = os.cpu_count()
    print(f"\n{len(service.photos)} clients, {options.each} photographs each, `{service.chain}`, medians of {options.rounds} rounds on {cores} "
          f"cores\n\n{rate:9.1f} images/s\n{limit:9.1f} images/s by apply, without starts ({with_starts:.1f} with them)\n"
          f"{rate / limit:9.2f} of it\n\nmilliseconds of processor time for an image\n\n{alone:9.2f} apply, without starts")
    for part, value in used.items():
        print(f"{value:9.2f} {part}")
    print(f"{1000 * cores / rate:9.2f} there was in all")
    return {"images_per_second": round(rate, 1), "limit_images_per_second": round(limit, 1), "limit_with_starts": round(with_starts, 1),
            "part_of_limit": round(rate / limit, 3), "apply_processor_ms": round(alone, 2),
            "processor_ms": {part: round(value, 2) for part, value in used.items()},
            "cores": cores, "chain": service.chain, "clients": len(service.photos), "each": options.each}


def main() -> None:
    parser = argparse.ArgumentParser(prog="load.service", description=__doc__.split("\n")[0])
    parser.add_argument("--clients", type=int, default=8)
    parser.add_argument("--each", type=int, default=100, help="uploads of each client in a round")
    parser.add_argument("--applied", type=int, default=20, help="how often `imgfilter apply` does each photograph in a round")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--chain", default=CHAIN)
    parser.add_argument("--profile", default="release")
    options = parser.parse_args()
    with stage(options.profile) as stack:
        found = measure(Service(stack, options.clients, options.chain), options)
    print(f"\n{figures.keep('service', found)}")


if __name__ == "__main__":
    main()
