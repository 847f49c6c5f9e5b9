"""A day's uploads in one go: `python3 -m load.day`.

A hundred thousand small photographs are uploaded, each for a chain of three filters, as fast as they are taken; the time is
that from the first upload to the end of the last task. Meanwhile it is noted what every part holds of memory, and how far
the queue grows. It fails, and says why, unless every upload was answered with 202, every task is done, a thousand results,
downloaded at the end, are pictures of their size, and no log tells of an error. With `--pictures FOLDER` Debian's Prometheus
watches, and what it shows is drawn.
"""

import argparse
import io
import json
import math
import os
import re
import subprocess
import threading
import time
import urllib.request
from collections import Counter
from contextlib import ExitStack
from pathlib import Path
from urllib.parse import urlsplit

from PIL import Image

from stack.prometheus import Prometheus
from stack.ready import wait_until
from stack.service import DATABASE, Stack

from . import figures, graphs, photographs, processes
from .records import Records
from .stage import build_client, head, stage

CHAIN = "brightness(10)|saturation(25)|sharpen"
PARTS = ("nginx", "worker", "postgresql", "store")
LONGEST_SIDE = 800
"""Of the photographs, in pixels."""
ERRORS = re.compile(r"\b(ERROR|FATAL|PANIC)\b|\[(error|crit|alert|emerg)\]|panicked")
SAMPLE = 1000
EVERY = 2.0
"""Time between two looks at memory and queue, in seconds."""


class Watch(threading.Thread):
    """The most that each part has held, and the longest queue."""

    def __init__(self, stack: Stack):
        super().__init__(daemon=True)
        self.stack = stack
        self.records = Records(stack)
        self.memory = dict.fromkeys(PARTS, 0)
        """Bytes, memory that processes share counted once."""
        self.largest = dict.fromkeys(PARTS, 0)
        """Bytes of the largest single process."""
        self.waiting = 0
        self.ended = threading.Event()

    def run(self) -> None:
        while not self.ended.wait(EVERY):
            for part in PARTS:
                held = [shares for pid in processes.family(self.stack.children[part].pid) if (shares := processes.proportional(pid))]
                self.memory[part] = max(self.memory[part], sum(held))
                self.largest[part] = max(self.largest[part], *held, 0)
            waiting = self.records.rows("select count(*) from queue where worker_id is null")[0][0]
            self.waiting = max(self.waiting, waiting)


def small_photographs(folder: Path, count: int) -> list[Path]:
    """So many different ones, as a phone or a site would make them small."""
    sources = sorted(photographs.WALLPAPERS.glob("*.jpg"))
    photos = []
    for number in range(count):
        picture = Image.open(sources[number % len(sources)]).convert("RGB")
        picture.thumbnail((LONGEST_SIDE - 8 * (number // len(sources)), LONGEST_SIDE))
        photos.append(folder / f"{number}.jpg")
        picture.save(photos[-1], "JPEG", quality=85)
    return photos


def upload(stack: Stack, photos: list[Path], each: int) -> list[dict]:
    """A client for each photograph, with one connection; how each of them went."""
    client, address = build_client(), urlsplit(stack.url).netloc
    senders = []
    for photo in photos:
        heads = photo.with_suffix(".head")
        heads.write_text(head("PUT", photographs.target(CHAIN), address, photo.stat().st_size, Content_Type="image/jpeg"))
        command = [client, address, heads, photo, "1", "36000", str(each)]
        senders.append(subprocess.Popen([str(word) for word in command], stdout=subprocess.PIPE))
    return [json.loads(sender.communicate()[0]) for sender in senders]


def look(stack: Stack, records: Records, photos: list[Path]) -> list[str]:
    """Downloads some of the results; what is wrong with them."""
    sizes = {Image.open(photo).size for photo in photos}
    wrong = []
    tasks = [task for task, in records.rows("select id::text from task order by random() limit %s", SAMPLE)]
    for task in tasks:
        with urllib.request.urlopen(f"{stack.url}/tasks/{task}") as answer:
            result = json.load(answer)["results"][0]
        with urllib.request.urlopen(result["url"]) as answer:
            picture = Image.open(io.BytesIO(answer.read()))
            picture.load()
        if picture.size not in sizes or picture.size != (result["width"], result["height"]):
            wrong.append(f"the result of {task} has {picture.size}")
    return wrong


def logs(stack: Stack) -> dict[Path, int]:
    """How long each log is."""
    return {log: log.stat().st_size for log in sorted(stack.logs.glob("*.log"))}


def logged(stack: Stack, before: dict[Path, int]) -> list[str]:
    """The lines that tell of an error in what the logs have got since."""
    return [f"{log.name}: {line}" for log in logs(stack) for line in log.read_bytes()[before.get(log, 0):].decode(errors="replace").splitlines()
            if ERRORS.search(line)]


def folder_bytes(folder: Path) -> int:
    """What the files of a folder take of the disk."""
    return sum(path.lstat().st_blocks * 512 for path in folder.rglob("*") if path.is_file())


def day(stack: Stack, options: argparse.Namespace) -> tuple[dict, list[str]]:
    """The whole of it: figures, and what was wrong."""
    folder = stack.plan.state / "photographs"
    folder.mkdir()
    photos = small_photographs(folder, options.clients)
    records, watch = Records(stack), Watch(stack)
    logs_before = logs(stack)
    before = {part: processes.processor_seconds(stack.children[part].pid) for part in PARTS}
    watch.start()
    start = time.time()
    each = options.uploads // len(photos)
    answers = upload(stack, photos, each)
    uploaded = time.time() - start
    wait_until("the end of the tasks", records.all_ended, 7200, every=1.0)
    end, = records.rows("select extract(epoch from max(finished_at))::float from task")[0]
    watch.ended.set()
    used = {part: processes.processor_seconds(stack.children[part].pid) - before[part] for part in PARTS}
    count, seconds = each * len(photos), end - start
    statuses = sum((Counter(answer["statuses"]) for answer in answers), Counter())
    wrong = [] if statuses == {"202": count} else [f"uploads were answered {statuses}"]
    ended = dict(records.rows("select status, count(*) from task group by 1"))
    wrong += [] if ended == {"done": count} else [f"tasks are {ended}"]
    wrong += look(stack, records, photos) + logged(stack, logs_before)
    size = records.rows("select pg_database_size(%s)", DATABASE)[0][0]
    found = {
        "uploads": count, "seconds": round(seconds, 1), "minutes": round(seconds / 60, 1), "images_per_second": round(count / seconds, 1),
        "uploaded_after_seconds": round(uploaded, 1), "longest_queue": watch.waiting, "errors": len(wrong),
        "original_bytes": sum(photo.stat().st_size for photo in photos) * each,
        "store_disk_bytes": folder_bytes(stack.plan.state / "store"), "database_bytes": size,
        "database_bytes_per_task": round(size / count),
        "peak_memory_mib": {part: held >> 20 for part, held in watch.memory.items()},
        "largest_process_mib": {part: held >> 20 for part, held in watch.largest.items()},
        "processor_ms_per_image": {part: round(value * 1000 / count, 2) for part, value in used.items()},
        "processor_share": round(sum(used.values()) / seconds / os.cpu_count(), 2),
        "cores": os.cpu_count(), "chain": CHAIN, "connections": len(photos),
    }
    return found, wrong


def main() -> None:
    parser = argparse.ArgumentParser(prog="load.day", description=__doc__.split("\n")[0])
    parser.add_argument("--uploads", type=int, default=100_000)
    parser.add_argument("--clients", type=int, default=16)
    parser.add_argument("--profile", default="release")
    parser.add_argument("--pictures", type=Path, metavar="FOLDER", help="where pictures of Prometheus' graphs go")
    options = parser.parse_args()
    # What is taken waits in the queue, however fast it is taken.
    with stage(options.profile, MAX_QUEUE="0", MAX_QUEUE_AGE="0s") as stack, ExitStack() as closing:
        watching = options.pictures and closing.enter_context(Prometheus(stack.jobs(), every="5s"))
        found, wrong = day(stack, options)
        if watching:
            graphs.photograph(watching, math.ceil(found["seconds"] / 60) + 1, options.pictures)
    print(json.dumps(found, indent=2))
    for each in wrong[:20]:
        print(f"WRONG: {each}")
    print(figures.keep("day", found))
    raise SystemExit(f"{len(wrong)} things were wrong" if wrong else None)


if __name__ == "__main__":
    main()
