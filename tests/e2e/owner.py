"""Whoever has a key, and wants to be told."""

import json
import time
from pathlib import Path

from client import Answer, Client, curl

SCOPES = ("upload", "notify", "webhook", "email", "push", "sms", "topic")


class Owner:
    """An owner with a key of these scopes."""

    def __init__(self, stack, name: str, scopes: tuple[str, ...] = SCOPES):
        words = [word for scope in scopes for word in ("--scope", scope)]
        self.name = name
        self.key = json.loads(stack.command("key", "create", "--owner", name, "--name", "e2e", *words, "--json"))["key"]
        self.client = Client(stack.url)

    @property
    def header(self) -> tuple[str, str]:
        return "-H", f"Authorization: Bearer {self.key}"

    def ask(self, method: str, path: str, body=None) -> Answer:
        more = () if body is None else ("-H", "Content-Type: application/json", "--data-binary", json.dumps(body))
        return curl("-X", method, *self.header, *more, f"{self.client.url}{path}")

    def get(self, path: str) -> dict:
        answer = self.ask("GET", path)
        assert answer.status == 200, answer
        return answer.json()

    def set(self, *targets: dict) -> list[dict]:
        """Replaces the list of targets, and returns it as it is shown."""
        answer = self.ask("PUT", "/me/notifications", {"targets": targets})
        assert answer.status == 200, answer
        return answer.json()["targets"]

    def targets(self) -> list[dict]:
        return self.get("/me/notifications")["targets"]

    def verify(self, target: dict, code: str) -> Answer:
        return self.ask("POST", f"/me/notifications/{target['id']}/verify", {"code": code})

    def order(self, *forms: str, image: Path) -> dict:
        """Uploads, and waits until the task has ended."""
        return self.client.wait(self.client.accepted(*forms, image=image, more=self.header))

    def deliveries(self, query: str = "") -> list[dict]:
        return self.get(f"/deliveries{query}")["deliveries"]

    def until(self, condition, seconds: float = 30) -> list[dict]:
        """The deliveries, as soon as `condition` is true of them."""
        end = time.monotonic() + seconds
        while not condition(found := self.deliveries()):
            assert time.monotonic() < end, found
            time.sleep(0.1)
        return found
