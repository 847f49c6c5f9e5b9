"""The service on such a machine, as somebody outside sees it."""

import json
import urllib.error
import urllib.request
import uuid
from pathlib import Path

from .machine import PATIENCE, Machine, wait_for

PORT = 8080


class Service:
    """Who uploads and downloads."""

    def __init__(self, machine: Machine) -> None:
        self.url = f"http://{machine.address}:{PORT}"

    def is_ready(self) -> bool:
        """Whether an upload would be accepted."""
        try:
            with urllib.request.urlopen(f"{self.url}/readyz", timeout=3) as answer:
                return answer.status == 200
        except OSError:
            return False

    def upload(self, image: Path, *filters: str) -> str:
        """Sends an image, and gives the task's id."""
        boundary = uuid.uuid4().hex
        parts = [f'--{boundary}\r\nContent-Disposition: form-data; name="filters"\r\n\r\n{chain}\r\n'.encode() for chain in filters]
        parts += [f'--{boundary}\r\nContent-Disposition: form-data; name="image"; filename="{image.name}"\r\n\r\n'.encode(),
                  image.read_bytes(), f"\r\n--{boundary}--\r\n".encode()]
        headers = {"Content-Type": f"multipart/form-data; boundary={boundary}"}
        request = urllib.request.Request(f"{self.url}/images", b"".join(parts), headers)
        with urllib.request.urlopen(request, timeout=30) as answer:
            return json.load(answer)["id"]

    def task(self, task: str) -> dict:
        """How far it is."""
        with urllib.request.urlopen(f"{self.url}/tasks/{task}", timeout=30) as answer:
            return json.load(answer)

    def end_of(self, task: str, seconds: float = PATIENCE) -> dict:
        """The task when it has ended, however long the edge is away meanwhile."""
        def ended() -> dict | None:
            try:
                found = self.task(task)
            except (urllib.error.HTTPError, OSError):
                return None
            return found if found["status"] in ("done", "failed", "canceled") else None
        return wait_for(f"the end of task {task}", ended, seconds)

    def download(self, task: dict) -> bytes:
        """The first result."""
        with urllib.request.urlopen(task["results"][0]["url"], timeout=30) as answer:
            return answer.read()
