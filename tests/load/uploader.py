"""Clients of the soak: most send good uploads and insist, some leave midway, some send nonsense."""

import http.client
import json
import random
import socket
import threading
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from . import pictures
from .stage import head

SMALLEST, LARGEST = 1_000, 20_000_000
"""Bytes of an image; their logarithms are spread evenly."""
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

    def complain(self, text: str) -> None:
        with self.lock:
            self.wrong.append(text)


class Uploader(threading.Thread):
    """One connection. Uploads are numbered over all of them, and the number decides what an upload is."""

    def __init__(self, url: str, seed: int, numbers: Callable[[], int | None], tally: Tally, promised: Callable[[str], str | None]):
        super().__init__(daemon=True)
        self.host = urlsplit(url).netloc
        self.seed = seed
        self.numbers = numbers
        self.tally = tally
        self.promised = promised
        self.connection: http.client.HTTPConnection | None = None

    def run(self) -> None:
        while (number := self.numbers()) is not None:
            chance = random.Random(f"{self.seed} {number}")
            size = int(SMALLEST * (LARGEST / SMALLEST) ** chance.random())
            picture = pictures.png(size, chance.choice([16, 32]))
            try:
                {0: self.leave, 1: self.nonsense}.get(number % 10, self.insist)(number, chance, picture)
            except Exception as error:  # noqa: BLE001 (a client that dies silently would make the soak pass)
                self.tally.complain(f"upload {number}: {type(error).__name__}: {error}")
        self.close()

    def close(self) -> None:
        if self.connection:
            self.connection.close()
            self.connection = None

    def ask(self, method: str, target: str, body: bytes, headers: dict[str, str]) -> tuple[int, bytes]:
        """One request; status 0 when there was no answer."""
        self.connection = self.connection or http.client.HTTPConnection(self.host, timeout=150)
        try:
            self.connection.request(method, target, body, headers)
            answer = self.connection.getresponse()
            return answer.status, answer.read()
        except (OSError, http.client.HTTPException):
            self.close()
            return 0, b""

    def insist(self, number: int, chance: random.Random, picture: bytes) -> None:
        """A good upload, sent again under the same Idempotency-Key until it is accepted."""
        headers = {"Idempotency-Key": f"soak-{self.seed}-{number}", "Content-Type": "image/png"}
        method, target, body = "PUT", "/images?filters=grayscale", picture
        if chance.random() < 0.5:
            method, target, body = "POST", "/images", pictures.form(picture, "grayscale")
            headers["Content-Type"] = pictures.FORM_TYPE
        for _ in range(TRIES):
            status, answer = self.ask(method, target, body, headers)
            self.tally.add(f"good: {status or 'no answer'}")
            if status == 202:
                return self.accept(number, json.loads(answer))
            if status not in (0, 409, 503):
                return self.tally.complain(f"upload {number}: {status} {answer[:300]!r}")
            time.sleep(PAUSE)
        return self.tally.complain(f"upload {number} was never accepted")

    def accept(self, number: int, task: dict) -> None:
        if complaint := self.promised(task["id"]):
            self.tally.complain(f"upload {number}: {complaint}")
        with self.tally.lock:
            self.tally.accepted.append(task["id"])

    def leave(self, number: int, chance: random.Random, picture: bytes) -> None:
        """Closes the connection midway."""
        body = pictures.form(picture, "grayscale")
        sent = head("POST", "/images", self.host, len(body), Content_Type=pictures.FORM_TYPE).encode() + body[:chance.randrange(len(body) - 40)]
        try:
            with socket.create_connection(tuple(self.host.split(":")), timeout=60) as connection:
                connection.sendall(sent)
        except OSError:
            pass
        self.tally.add("left midway")

    def nonsense(self, number: int, chance: random.Random, picture: bytes) -> None:
        """Something that must be refused; whoever is refused early may not get to read why."""
        form = pictures.form(picture, "grayscale")
        kind, target, body = chance.choice([
            (pictures.FORM_TYPE, "/images", form[:-30]),
            (pictures.FORM_TYPE, "/images", pictures.form(picture, "no_such_filter")),
            (pictures.FORM_TYPE, "/images", form.replace(b"\r\n", b"\n", 3)),
            (pictures.FORM_TYPE, "/images", pictures.form(chance.randbytes(len(picture)), "grayscale")),
            ("multipart/form-data", "/images", form),
            ("image/png", "/images?filters=blur(", picture),
        ])
        status, answer = self.ask("POST", target, body, {"Content-Type": kind})
        self.tally.add(f"malformed: {status or 'no answer'}")
        if status not in (0, 503) and (not 400 <= status < 500 or "code" not in json.loads(answer)):
            self.tally.complain(f"malformed upload {number}: {status} {answer[:300]!r}")
