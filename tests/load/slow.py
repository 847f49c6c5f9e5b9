"""Whether slow clients keep others waiting: `python3 -m load.slow`.

Two thousand connections, each from an address of its own, send an upload at 100 bytes a second. Beside them ordinary
uploads are timed, and the same before and after, in turns.
"""

import argparse
import resource
import selectors
import socket
import statistics
import threading
import time
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit

from stack.ready import wait_until
from stack.service import Stack

from . import pictures, processes
from .stage import build_client, head, send, stage

SLOW_SIZE = 1_000_000
"""Bytes that a slow client announces; it never comes to their end."""
SLOTS = 50
"""Parts of a second."""


def address(number: int) -> str:
    """A loopback address of its own for each."""
    return f"127.1.{number // 250}.{number % 250 + 1}"


class SlowClients:
    """Connections that send a little once a second."""

    def __init__(self, url: str, count: int, rate: int):
        parts = urlsplit(url)
        self.server = (parts.hostname, parts.port)
        self.rate = rate
        self.head = head("PUT", "/images?filters=grayscale", parts.netloc, SLOW_SIZE, Content_Type="image/png").encode()
        self.picture = pictures.png(SLOW_SIZE)
        self.sent = [0] * count
        self.lost: list[bytes] = []
        self.selector = selectors.DefaultSelector()
        self.connections = [self._connect(number) for number in range(count)]
        self.ended = threading.Event()
        self.thread = threading.Thread(target=self._run)

    def _connect(self, number: int) -> socket.socket:
        connection = socket.create_connection(self.server, source_address=(address(number), 0))
        connection.sendall(self.head)
        connection.setblocking(False)
        self.selector.register(connection, selectors.EVENT_READ)
        return connection

    def _run(self) -> None:
        """In every slot of a second a share of them sends: clients know nothing of each other."""
        slot = 0
        next_slot = time.monotonic()
        while not self.ended.wait(max(0.0, next_slot - time.monotonic())):
            for number in range(slot % SLOTS, len(self.connections), SLOTS):
                at = self.sent[number]
                try:
                    self.sent[number] += self.connections[number].send(self.picture[at:at + self.rate])
                except OSError:
                    continue
            self._listen()
            slot += 1
            next_slot += 1 / SLOTS

    def _listen(self) -> None:
        """No answer is due: one that comes is a client that was turned away."""
        for key, _ in self.selector.select(0):
            try:
                answer = key.fileobj.recv(200)
            except OSError as error:
                answer = str(error).encode()
            self.lost.append(answer)
            self.selector.unregister(key.fileobj)

    def close(self) -> None:
        self.ended.set()
        self.thread.join()
        self.selector.close()
        for connection in self.connections:
            connection.close()


@contextmanager
def slow_clients(stack: Stack, count: int, rate: int):
    """Many of them, all being read from: what the kernel has taken for nginx does not count."""
    clients = SlowClients(stack.url, count, rate)
    clients.thread.start()
    try:
        wait_until("the slow clients", lambda: clients.lost or spooled(stack) >= count, 60)
        yield clients
    finally:
        clients.close()


def spooled(stack: Stack) -> int:
    return len(list(Path(stack.environment["IMGFILTER_SPOOL"]).rglob("*.part")))


def timed(stack: Stack, client: Path, heads: Path, body: Path, options: argparse.Namespace) -> dict:
    """One row of ordinary uploads."""
    result = send(client, stack.url, heads, body, options.connections, requests=options.uploads)
    if result["statuses"] != {"202": options.uploads}:
        raise SystemExit(f"{result}; the end of nginx's log:\n{stack.children['nginx'].tail()}")
    return result


def main() -> None:
    parser = argparse.ArgumentParser(prog="load.slow", description=__doc__.split("\n")[0])
    parser.add_argument("--slow", type=int, default=2000, help="slow connections")
    parser.add_argument("--rate", type=int, default=100, help="bytes a second of each")
    parser.add_argument("--uploads", type=int, default=200, help="ordinary ones in each turn")
    parser.add_argument("--size", type=int, default=100_000, help="bytes of an ordinary one")
    parser.add_argument("--connections", type=int, default=4, help="of the ordinary ones")
    parser.add_argument("--turns", type=int, default=5)
    parser.add_argument("--profile", default="release")
    options = parser.parse_args()
    resource.setrlimit(resource.RLIMIT_NOFILE, (options.slow + 200, resource.getrlimit(resource.RLIMIT_NOFILE)[1]))
    client = build_client()
    with stage(options.profile) as stack:
        stack.children.pop("worker").stop()
        picture = pictures.png(options.size)
        body, heads = stack.plan.state / "body", stack.plan.state / "heads"
        body.write_bytes(picture)
        heads.write_text(head("PUT", "/images?filters=grayscale", urlsplit(stack.url).netloc, len(picture), Content_Type="image/png"))
        timed(stack, client, heads, body, options)
        alone, beside = [], []
        for _ in range(options.turns):
            alone.append(timed(stack, client, heads, body, options))
            with slow_clients(stack, options.slow, options.rate) as slow:
                beside.append(timed(stack, client, heads, body, options))
                held = spooled(stack)
                memory = sum(size.resident for pid in processes.family(stack.children["nginx"].pid) if (size := processes.size(pid)))
                if slow.lost or held < options.slow:
                    raise SystemExit(f"{len(slow.lost)} slow clients were turned away, {held} files in the spool: {slow.lost[:3]}")
        print(f"{options.slow} slow clients of {options.rate} B/s; {options.turns} turns of {options.uploads} uploads of {options.size} bytes "
              f"on {options.connections} connections, medians; nginx held {memory / 1e6:.0f} MB\n\n{'':14}{'p50 ms':>8}{'p99 ms':>8}{'max ms':>8}")
        for name, done in (("alone", alone), ("beside slow", beside)):
            print(f"{name:14}" + "".join(f"{statistics.median(each[part] for each in done) * 1000:>8.1f}" for part in ("p50", "p99", "max")))
        ratio = statistics.median(each["p99"] for each in beside) / statistics.median(each["p99"] for each in alone)
        print(f"\np99 beside slow clients: {ratio:.2f} times that alone")


if __name__ == "__main__":
    main()
