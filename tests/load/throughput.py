"""How much our edge takes in, beside an nginx that does the least it could: `python3 -m load.throughput`.

The other nginx spools the body (client_body_in_file_only) and passes it on to the same store, with a signature that the
client has made beforehand. Both have as many worker processes, store and client are the same, and rounds alternate. The
stack's worker is stopped: nothing is filtered. The database waits for the disk. What ours does beyond the other:
forms, SHA-256, a look at the image and its chains, signing, and a transaction in PostgreSQL.
"""

import argparse
import hashlib
import shutil
import statistics
from dataclasses import dataclass
from pathlib import Path

from stack.child import Child
from stack.service import Stack

from . import pictures, plain_nginx, processes, signature
from .stage import build_client, head, send, stage

HTTP = """
    client_body_temp_path {folder}/body;
    proxy_temp_path {folder}/proxy;
    upstream s3 {{ server {store}; keepalive 64; }}
"""
SERVER = """
        client_max_body_size 0;
        client_body_buffer_size 1m;
        client_body_in_file_only clean;
        location / {{
            proxy_pass http://s3;
            proxy_http_version 1.1;
            proxy_set_header Connection "";
            proxy_set_header Host {store};
        }}
"""


@dataclass(frozen=True)
class Rival:
    """Somebody who takes the body."""

    name: str
    url: str
    pid: int
    body: Path
    heads: Path


@dataclass(frozen=True)
class Round:
    """What one rival did in one round."""

    requests: float
    """A second."""
    edge: float
    others: float
    """Processor time of nginx, and of store and database, in milliseconds a request."""
    p99: float


def start_plain(stack: Stack) -> tuple[Child, str]:
    """The other nginx."""
    store = f"127.0.0.1:{stack.store_port}"
    return plain_nginx.start(stack, SERVER.format(store=store), HTTP.format(folder=plain_nginx.folder_of(stack), store=store))


def rivals(stack: Stack, plain: tuple[Child, str], size: int, count: int) -> list[Rival]:
    """All that are measured, for images of so many bytes; `count` objects are written by the plain one."""
    folder = stack.plan.state / f"requests-{size}"
    folder.mkdir()
    picture = pictures.png(size)
    bare, form = folder / "bare", folder / "form"
    bare.write_bytes(picture)
    form.write_bytes(pictures.form(picture, "grayscale"))

    def written(name: str, heads: list[str]) -> Path:
        (folder / name).write_text("".join(heads))
        return folder / name

    host = stack.url.split("//")[1]
    post = head("POST", "/images", host, form.stat().st_size, Content_Type=pictures.FORM_TYPE)
    put = head("PUT", "/images?filters=grayscale", host, size, Content_Type="image/png")
    digest = hashlib.sha256(picture).hexdigest()
    store = f"127.0.0.1:{stack.store_port}"
    secret = stack.secrets["S3_SECRET_KEY"].read_text().strip()
    signed = []
    for number in range(count):
        path = f"/imgfilter/plain/{size}/{number}"
        more = signature.headers("PUT", store, path, digest, stack.environment["IMGFILTER_S3_ACCESS_KEY"], secret)
        signed.append(head("PUT", path, store, size, **more))
    nginx = stack.children["nginx"].pid
    return [
        Rival("plain", plain[1], plain[0].pid, bare, written("plain-heads", signed)),
        Rival("POST", stack.url, nginx, form, written("post-heads", [post])),
        Rival("PUT", stack.url, nginx, bare, written("put-heads", [put])),
    ]


def measure(stack: Stack, client: Path, rival: Rival, connections: int, seconds: float) -> Round:
    """One round. What it stored is gone afterwards, so that the disk does not fill."""
    others = [stack.children[name].pid for name in ("store", "postgresql")]

    def used() -> tuple[float, float]:
        return processes.processor_seconds(rival.pid), sum(map(processes.processor_seconds, others))

    before = used()
    result = send(client, rival.url, rival.heads, rival.body, connections, seconds)
    after = used()
    good = sum(count for status, count in result["statuses"].items() if status in ("200", "202"))
    bad = {status: count for status, count in result["statuses"].items() if status not in ("200", "202")}
    if bad or not good:
        raise SystemExit(f"{rival.name}: {result}; the end of nginx's log:\n{stack.children['nginx'].tail()}")
    for kind in ("o", "plain"):
        shutil.rmtree(stack.plan.state / "store" / "imgfilter" / kind, ignore_errors=True)
    edge, rest = ((after[each] - before[each]) * 1000 / good for each in (0, 1))
    return Round(good / result["seconds"], edge, rest, result["p99"] * 1000)


def compare(stack: Stack, client: Path, plain: tuple[Child, str], size: int, options: argparse.Namespace) -> None:
    """Alternating rounds of one size, and their medians."""
    all_rivals = [rival for rival in rivals(stack, plain, size, options.objects) if rival.name in options.rivals]
    rounds: dict[str, list[Round]] = {rival.name: [] for rival in all_rivals}
    for rival in all_rivals:
        measure(stack, client, rival, options.connections, 1)
    for _ in range(options.rounds):
        for rival in all_rivals:
            rounds[rival.name].append(measure(stack, client, rival, options.connections, options.seconds))
    print(f"\n{size / 1e6:g} MB, {options.connections} connections, {options.rounds} rounds of {options.seconds} s, medians "
          f"(lowest–highest)\n\n{'':8}{'requests/s':>24}{'MB/s':>8}{'of first':>10}{'p99 ms':>9}{'nginx ms':>10}{'others ms':>11}")
    base = statistics.median(each.requests for each in rounds[all_rivals[0].name])
    for name, done in rounds.items():
        rates = [each.requests for each in done]
        rate = statistics.median(rates)
        p99, edge, others = (statistics.median(getattr(each, part) for each in done) for part in ("p99", "edge", "others"))
        shown = f"{rate:.1f} ({min(rates):.1f}–{max(rates):.1f})"
        print(f"{name:8}{shown:>24}{rate * size / 1e6:>8.0f}{rate / base:>10.2f}{p99:>9.0f}{edge:>10.2f}{others:>11.2f}", flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(prog="load.throughput", description=__doc__.split("\n")[0])
    parser.add_argument("--sizes", type=int, nargs="+", default=[1_000_000, 50_000_000], help="bytes of the images")
    parser.add_argument("--rivals", nargs="+", default=["plain", "POST", "PUT"], help="for a profiler: only some of them")
    parser.add_argument("--connections", type=int, default=16)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", type=int, default=8, help="of each round")
    parser.add_argument("--objects", type=int, default=4096, help="requests that are signed beforehand; then they repeat")
    parser.add_argument("--profile", default="release")
    options = parser.parse_args()
    client = build_client()
    with stage(options.profile) as stack:
        stack.children.pop("worker").stop()
        plain = start_plain(stack)
        for size in options.sizes:
            compare(stack, client, plain, size, options)


if __name__ == "__main__":
    main()
