"""How quick downloads are beside a plain nginx, and what a crowd costs the store: `python3 -m load.downloads`.

The other nginx serves the same file from disk, with as many worker processes and no log. Ours checks the link's tag and its
life, and brings the bytes out of its cache. The client is `wrk`; rounds of both alternate. Then a thousand clients ask at
once for a picture that is in no cache, by an edge whose way to the store is counted: one GET, or the run fails. Last, forged
tokens whose tags are wrong in their first byte take turns with some that are wrong in their last: both should take as long.
"""

import argparse
import asyncio
import base64
import http.client
import os
import random
import re
import shutil
import statistics
import subprocess
import time
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from PIL import Image

from stack import edges
from stack.child import Child
from stack.ready import answers, wait_until
from stack.relay import Relay
from stack.service import Stack

from . import figures, plain_nginx, processes
from .stage import stage

TAG_BYTES = 16
"""The last of a token."""


@dataclass(frozen=True)
class Round:
    """What one nginx did in one round."""

    requests: float
    """A second."""
    processor: float
    """Of nginx, in microseconds a request."""
    p99: float
    """Milliseconds."""


def start_plain(stack: Stack, file: bytes) -> tuple[Child, str]:
    """The other nginx, and the URL of the file."""
    files = plain_nginx.folder_of(stack) / "files"
    files.mkdir()
    (files / "picture.png").write_bytes(file)
    child, url = plain_nginx.start(stack, f"root {files}; default_type image/png;")
    return child, f"{url}/picture.png"


def noise(size: int) -> Image.Image:
    """A picture that a PNG of about so many bytes holds."""
    side = max(1, round((size / 3) ** 0.5))
    return Image.frombytes("RGB", (side, side), random.Random(size).randbytes(3 * side * side))


def result(stack: Stack, size: int) -> str:
    """The link of a result of about so many bytes."""
    file = stack.plan.state / f"noise-{size}.png"
    noise(size).save(file)
    upload = ["curl", "-sS", "-f", "-T", file, f"{stack.url}/images?filters=invert"]
    task = re.search(rb'"status_url":"([^"]+)"', subprocess.run(upload, capture_output=True, check=True).stdout).group(1).decode()
    done = subprocess.run(["curl", "-sS", "-f", f"{task}?wait=60"], capture_output=True, check=True).stdout
    return re.search(rb'"url":"([^"]+)"', done).group(1).decode()


def wrk(url: str, connections: int, seconds: float) -> dict[str, float]:
    """Requests a second, and the time that a hundredth of them took longer than."""
    command = ["wrk", "-t2", f"-c{connections}", f"-d{int(seconds)}s", "--latency", url]
    text = subprocess.run(command, capture_output=True, check=True, text=True).stdout
    if "Non-2xx" in text or "Socket errors" in text:
        raise SystemExit(f"{url}:\n{text}")
    number, unit = re.search(r"99%\s+([\d.]+)(us|ms|s)", text).groups()
    scale = {"us": 0.001, "ms": 1.0, "s": 1000.0}[unit]
    return {"count": float(re.search(r"(\d+) requests in", text).group(1)),
            "requests": float(re.search(r"Requests/sec:\s+([\d.]+)", text).group(1)), "p99": float(number) * scale}


def measure(pid: int, url: str, connections: int, seconds: float) -> Round:
    before = processes.processor_seconds(pid)
    done = wrk(url, connections, seconds)
    used = processes.processor_seconds(pid) - before
    return Round(done["requests"], used * 1e6 / done["count"], done["p99"])


def compare(stack: Stack, options: argparse.Namespace) -> dict:
    """Alternating rounds, and their medians."""
    link = result(stack, options.size)
    file = subprocess.run(["curl", "-sS", "-f", link], capture_output=True, check=True).stdout
    child, plain = start_plain(stack, file)
    rivals = {"plain": (child.pid, plain), "imgfilter": (stack.children["nginx"].pid, link)}
    rounds: dict[str, list[Round]] = {name: [] for name in rivals}
    for pid, url in rivals.values():
        measure(pid, url, options.connections, 1)
    for _ in range(options.rounds):
        for name, (pid, url) in rivals.items():
            rounds[name].append(measure(pid, url, options.connections, options.seconds))
    print(f"{len(file)} bytes, {options.connections} connections, {options.rounds} rounds of {options.seconds} s, medians (lowest–highest)\n\n"
          f"{'':12}{'requests/s':>28}{'p99 ms':>9}{'nginx µs':>10}")
    told = {}
    for name, done in rounds.items():
        rates = [each.requests for each in done]
        rate, used, p99 = (statistics.median(getattr(each, part) for each in done) for part in ("requests", "processor", "p99"))
        print(f"{name:12}{f'{rate:.0f} ({min(rates):.0f}–{max(rates):.0f})':>28}{p99:>9.1f}{used:>10.1f}", flush=True)
        told[name] = {"requests_per_second": round(rate), "p99_ms": round(p99, 2), "nginx_us": round(used, 1)}
    part = statistics.median(ours.requests / other.requests for ours, other in zip(rounds["imgfilter"], rounds["plain"], strict=True))
    print(f"\n{part:.3f} of the plain one's")
    return told | {"part_of_plain": round(part, 3), "bytes": len(file), "connections": options.connections, "cores": os.cpu_count()}


async def ask(address: tuple[str, int], target: str, start: asyncio.Event) -> tuple[int, int, float]:
    """One request on a connection that was made before: status, bytes, seconds."""
    reader, writer = await asyncio.open_connection(*address)
    await start.wait()
    began = time.monotonic()
    writer.write(f"GET {target} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n".encode())
    head = await reader.readuntil(b"\r\n\r\n")
    size = 0
    while piece := await reader.read(1 << 18):
        size += len(piece)
    writer.close()
    return int(head.split()[1]), size, time.monotonic() - began


async def ask_at_once(url: str, clients: int) -> list[tuple[int, int, float]]:
    parts, start = urlsplit(url), asyncio.Event()
    asking = [asyncio.create_task(ask((parts.hostname, parts.port), parts.path, start)) for _ in range(clients)]
    await asyncio.sleep(1)
    start.set()
    return await asyncio.gather(*asking)


def crowd(stack: Stack, options: argparse.Namespace) -> dict:
    """A crowd before a picture that is in no cache."""
    link = result(stack, options.large)
    relay = Relay(stack.store_port)
    edge = edges.edge(stack, "crowd", S3_ENDPOINT=relay.url)
    edge.start()
    wait_until("the edge", lambda: answers(f"{edge.url}/readyz") == 200, 20, edge.child)
    before = relay.asked["GET"]
    answered = asyncio.run(ask_at_once(edge.url + urlsplit(link).path, options.clients))
    gets = relay.asked["GET"] - before
    statuses = Counter(status for status, _, _ in answered)
    sizes = {size for _, size, _ in answered}
    slowest = max(seconds for _, _, seconds in answered)
    print(f"\n{options.clients} clients at once for {max(sizes)} bytes in no cache: {gets} GET at the store, {dict(statuses)}, the last after {slowest:.1f} s")
    edge.child.stop()
    relay.close()
    if set(statuses) != {200} or len(sizes) != 1:
        raise SystemExit("not all were served")
    if gets != 1:
        raise SystemExit(f"{gets} GET at the store, and one would have done")
    return {"clients": options.clients, "bytes": max(sizes), "gets_at_the_store": gets, "slowest_s": round(slowest, 2)}


def with_wrong_tags(token: str) -> dict[str, str]:
    """Two forged tokens that name a link which lives, by where their tag is wrong."""
    raw = base64.urlsafe_b64decode(token + "==")

    def turned(at: int) -> str:
        forged = bytearray(raw)
        forged[at] ^= 1
        return base64.urlsafe_b64encode(forged).rstrip(b"=").decode()
    return {"first": turned(len(raw) - TAG_BYTES), "last": turned(len(raw) - 1)}


def refused_after(connection: http.client.HTTPConnection, path: str) -> float:
    """Microseconds until a forged token was refused."""
    began = time.perf_counter_ns()
    connection.request("GET", path)
    answer = connection.getresponse()
    answer.read()
    took = (time.perf_counter_ns() - began) / 1000
    if answer.status != 404:
        raise SystemExit(f"{path}: {answer.status}")
    return took


def forge(stack: Stack, options: argparse.Namespace) -> dict:
    """Whether the time of an answer tells how much of a tag is right. Only reported: the client's own time is in it."""
    path = urlsplit(result(stack, options.size)).path
    token = path.split("/")[2]
    edge = edges.edge(stack, "forged", LINK_MISSES="0")
    edge.start()
    wait_until("the edge", lambda: answers(f"{edge.url}/readyz") == 200, 20, edge.child)
    connection = http.client.HTTPConnection(urlsplit(edge.url).netloc, timeout=60)
    paths = {where: path.replace(token, forged) for where, forged in with_wrong_tags(token).items()}
    took: dict[str, list[float]] = {where: [] for where in paths}
    for number in range(options.forged):
        # Whoever is the first of a pair is the second of the next.
        for where in sorted(paths, reverse=number % 2 == 1):
            took[where].append(refused_after(connection, paths[where]))
    connection.close()
    edge.child.stop()
    medians = {where: round(statistics.median(times), 2) for where, times in took.items()}
    apart = round(statistics.median(late - early for early, late in zip(took["first"], took["last"], strict=True)), 2)
    low, _, high = statistics.quantiles(took["first"], n=4)
    print(f"\n{options.forged} forged tokens each, wrong in the first byte of the tag: {medians['first']} µs ({low:.1f}–{high:.1f}, half of them), "
          f"in the last: {medians['last']} µs; a pair's median difference {apart} µs")
    return {"tokens": options.forged, "first_us": medians["first"], "last_us": medians["last"], "difference_us": apart,
            "half_within_us": round(high - low, 2)}


def main() -> None:
    parser = argparse.ArgumentParser(prog="load.downloads", description=__doc__.split("\n")[0])
    parser.add_argument("--size", type=int, default=200_000, help="bytes of the result, about")
    parser.add_argument("--connections", type=int, default=64)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", type=int, default=5, help="of each round")
    parser.add_argument("--large", type=int, default=5_000_000, help="bytes of what the crowd asks for, about")
    parser.add_argument("--clients", type=int, default=1000)
    parser.add_argument("--forged", type=int, default=20_000, help="tokens of each kind")
    parser.add_argument("--profile", default="release")
    options = parser.parse_args()
    if shutil.which("wrk") is None:
        raise SystemExit("wrk is missing: tests/packages/install bench")
    with stage(options.profile) as stack:
        found = {"warm": compare(stack, options), "crowd": crowd(stack, options), "forged": forge(stack, options)}
    print(f"\n{figures.keep('downloads', found)}")


if __name__ == "__main__":
    main()
