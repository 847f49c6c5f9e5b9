"""A stack of the release build to put load on, and the program that does."""

import json
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit

from stack.places import CHECKOUT, Build
from stack.ready import free_port
from stack.service import Plan, Stack

NO_LIMITS = {f"IMGFILTER_{name}": "0" for name in ("ADDRESS_RATE", "ADDRESS_CONNECTIONS")}
"""All load comes from this machine: what one address may do is not what is measured here."""


@contextmanager
def stage(profile: str = "release", **settings: str) -> Iterator[Stack]:
    """A stack with a database that waits for the disk, as a real one does. It is gone afterwards."""
    state = Path(tempfile.mkdtemp(prefix="imgfilter-load-"))
    state.chmod(0o711)
    more = NO_LIMITS | {f"IMGFILTER_{name}": value for name, value in settings.items()}
    stack = Stack(Plan(Build.of(profile), state, free_port(), lasting=True, settings=more))
    try:
        stack.start()
        yield stack
    finally:
        stack.stop()
        shutil.rmtree(state, ignore_errors=True)


def build_client() -> Path:
    """The program that sends."""
    command = ["cargo", "build", "--release", "--quiet", "--locked", "-p", "imgfilter-load-client"]
    subprocess.run(command, cwd=CHECKOUT, check=True)
    return Build.of("release").folder / "imgfilter-load-client"


def send(client: Path, url: str, heads: Path, body: Path, connections: int, seconds: float = 600,
         requests: int = 10**9) -> dict:
    """Sends until the time is over or so many requests are done; how it went."""
    command = [client, urlsplit(url).netloc, heads, body, connections, int(seconds), requests]
    done = subprocess.run([str(word) for word in command], stdout=subprocess.PIPE, check=True)
    return json.loads(done.stdout)


def head(method: str, target: str, host: str, length: int, **headers: str) -> str:
    """The head of one request."""
    lines = [f"{method} {target} HTTP/1.1", f"Host: {host}", f"Content-Length: {length}"]
    lines += [f"{name.replace('_', '-')}: {value}" for name, value in headers.items()]
    return "\r\n".join(lines) + "\r\n\r\n"
