"""Waiting, always with a limit."""

import socket
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from pathlib import Path

from .child import Child
from .places import StackError


def wait_until(what: str, test: Callable[[], bool], seconds: float, child: Child | None = None, every: float = 0.05) -> None:
    """Asks `test` every so many seconds until it is true; gives up when `seconds` are over or the process concerned has died."""
    end = time.monotonic() + seconds
    while not test():
        if child is not None and not child.alive:
            raise StackError(f"{child.name} ended while starting:\n{child.tail()}")
        if time.monotonic() > end:
            tail = f":\n{child.tail()}" if child else ""
            raise StackError(f"{what} took longer than {seconds:.0f} s{tail}")
        time.sleep(every)


def accepts(port: int) -> bool:
    """Whether somebody listens on this loopback port."""
    with socket.socket() as attempt:
        attempt.settimeout(1)
        return attempt.connect_ex(("127.0.0.1", port)) == 0


def answers(url: str) -> int:
    """The status with which `url` answers; 0: it does not."""
    try:
        with urllib.request.urlopen(url, timeout=5) as response:
            return response.status
    except urllib.error.HTTPError as error:
        return error.code
    except OSError:
        return 0


def free_port() -> int:
    """A loopback port that nobody uses at the moment."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Notices:
    """The receiving end of systemd's notification protocol; use it with `with`.

    Whoever sends waits while too much is unread, so this is either read or closed.
    """

    def __init__(self, path: Path):
        self.path = path
        self.heard: list[str] = []

    def __enter__(self) -> "Notices":
        self.path.unlink(missing_ok=True)
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.socket.bind(str(self.path))
        self.socket.setblocking(False)
        return self

    def __exit__(self, *_) -> None:
        self.path.unlink()
        self.socket.close()

    def listen(self) -> list[str]:
        """All lines that have arrived until now."""
        while True:
            try:
                self.heard += self.socket.recv(4096).decode().splitlines()
            except BlockingIOError:
                return self.heard

    def ready(self) -> bool:
        return "READY=1" in self.listen()
