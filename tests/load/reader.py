"""Clients that ask what has become of their uploads."""

import hashlib
import json
import time
from urllib.parse import urlsplit

from .uploader import Uploader

WAIT = 60
"""Seconds that one question waits for the end of a task: the most that the service allows."""
PATIENCE = 300
"""Seconds after which a task that has not ended never will."""


class Reader(Uploader):
    """Asks for tasks and their results, as users do."""

    def ended(self, task: str) -> dict:
        """The task when it has ended."""
        end = time.monotonic() + PATIENCE
        while True:
            status, answer = self.ask("GET", f"/tasks/{task}?wait={WAIT}")
            if status == 200 and (view := json.loads(answer))["status"] not in ("queued", "processing"):
                return view
            if time.monotonic() > end:
                raise ValueError(f"task {task}: {status} {answer[:300]!r}")

    def digests(self, task: dict) -> tuple[str, ...]:
        """SHA-256 of each result, or what there is instead."""
        return tuple(self.digest(result["url"]) if "url" in result else json.dumps(result) for result in task["results"])

    def digest(self, url: str) -> str:
        parts = urlsplit(url)
        status, body = self.ask("GET", f"{parts.path}?{parts.query}" if parts.query else parts.path)
        return hashlib.sha256(body).hexdigest() if status == 200 else f"answered {status}: {body[:200]!r}"
