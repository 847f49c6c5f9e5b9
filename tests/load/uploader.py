"""Clients that put load on a service, and what they have seen together."""

import http.client
import itertools
import json
import socket
import threading
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from urllib.parse import urlsplit

TRIES = 60
PAUSE = 0.5
"""Before the next try, in seconds."""


@dataclass
class Tally:
    """What has happened so far; all clients write it."""

    outcomes: Counter = field(default_factory=Counter)
    accepted: list[str] = field(default_factory=list)
    """The tasks that were promised."""
    wrong: list[str] = field(default_factory=list)
    begun: int = 0
    lock: threading.Lock = field(default_factory=threading.Lock)

    def add(self, outcome: str) -> None:
        with self.lock:
            self.outcomes[outcome] += 1

    def accept(self, task: str) -> None:
        with self.lock:
            self.accepted.append(task)

    def complain(self, text: str) -> None:
        with self.lock:
            self.wrong.append(text)


def numbers(count: int, tally: Tally) -> Callable[[], int | None]:
    """Gives each upload its number; None when there are enough."""
    numbered = itertools.count()

    def following() -> int | None:
        with tally.lock:
            number = next(numbered)
            tally.begun = min(number + 1, count)
            return number if number < count else None

    return following


@dataclass(frozen=True)
class Upload:
    """One request that uploads."""

    method: str
    target: str
    body: bytes
    kind: str
    """Its Content-Type."""

    def head(self, host: str) -> bytes:
        """The head of the request, for a client that will not end it."""
        lines = [f"{self.method} {self.target} HTTP/1.1", f"Host: {host}", f"Content-Length: {len(self.body)}", f"Content-Type: {self.kind}"]
        return "\r\n".join([*lines, "", ""]).encode()


class Uploader(threading.Thread):
    """One connection. Uploads are numbered over all of them, and the number decides what an upload is."""

    def __init__(self, url: str, following: Callable[[], int | None], tally: Tally, tries: int = TRIES):
        super().__init__(daemon=True)
        self.host = urlsplit(url).netloc
        self.following = following
        self.tally = tally
        self.tries = tries
        self.connection: http.client.HTTPConnection | None = None

    def run(self) -> None:
        while (number := self.following()) is not None:
            try:
                self.work(number)
            except Exception as error:  # noqa: BLE001 (a client that dies silently would make the whole run pass)
                self.tally.complain(f"upload {number}: {type(error).__name__}: {error}")
        self.close()

    def work(self, number: int) -> None:
        """What this client does for a number."""
        raise NotImplementedError

    def passes(self, status: int) -> bool:
        """Whether an upload that was answered so is to be sent again; 0: there was no answer."""
        return status in (0, 409, 503)

    def close(self) -> None:
        if self.connection:
            self.connection.close()
            self.connection = None

    def ask(self, method: str, target: str, body: bytes | None = None, headers: dict[str, str] | None = None) -> tuple[int, bytes]:
        """One request; status 0 when there was no answer."""
        self.connection = self.connection or http.client.HTTPConnection(self.host, timeout=150)
        try:
            self.connection.request(method, target, body, headers or {})
            answer = self.connection.getresponse()
            return answer.status, answer.read()
        except (OSError, http.client.HTTPException):
            self.close()
            return 0, b""

    def insist(self, number: int, key: str, upload: Upload) -> dict | None:
        """Sends a good upload again under the same Idempotency-Key until it is accepted: the task."""
        headers = {"Idempotency-Key": key, "Content-Type": upload.kind}
        for _ in range(self.tries):
            status, answer = self.ask(upload.method, upload.target, upload.body, headers)
            self.tally.add(f"good: {status or 'no answer'}")
            if status == 202:
                return json.loads(answer)
            if not self.passes(status):
                self.tally.complain(f"upload {number}: {status} {answer[:300]!r}")
                return None
            time.sleep(PAUSE)
        self.tally.complain(f"upload {number} was never accepted")
        return None

    def leave(self, upload: Upload, after: int) -> None:
        """Closes the connection when so many bytes of the body are sent."""
        try:
            with socket.create_connection(tuple(self.host.split(":")), timeout=60) as connection:
                connection.sendall(upload.head(self.host) + upload.body[:after])
        except OSError:
            pass
        self.tally.add("left midway")
