"""Clients of the chaos: before it, in it, and after it."""

import random
from collections.abc import Callable
from dataclasses import dataclass

from .reader import Reader
from .specimens import Specimen
from .uploader import Tally, Uploader

TRIES = 240


@dataclass(frozen=True)
class Sent:
    """An upload that got its 202."""

    specimen: Specimen
    digests: tuple[str, ...]
    """SHA-256 of what it becomes when all is calm, by chain; of poison nothing."""
    webhook: bool


class CalmClient(Reader):
    """Uploads each specimen once, and keeps what it becomes."""

    def __init__(self, url: str, following: Callable[[], int | None], tally: Tally, pool: list[Specimen], sent: dict[str, Sent]):
        super().__init__(url, following, tally)
        self.pool = pool
        self.sent = sent

    def work(self, number: int) -> None:
        specimen = self.pool[number]
        task = self.insist(number, f"calm-{number}", specimen.upload(as_form=number % 2 == 0))
        task = task and self.ended(task["id"])
        if not task or task["status"] != "done":
            return self.tally.complain(f"when all was calm, {specimen.name} became {task}")
        self.sent[task["id"]] = Sent(specimen, self.digests(task), webhook=False)
        return None


class ChaosClient(Uploader):
    """Insists on every upload, and now and then leaves it midway first."""

    def __init__(self, url: str, following: Callable[[], int | None], tally: Tally, plan: Callable[[int], Sent], listener: str,
                 sent: dict[str, Sent]):
        super().__init__(url, following, tally, TRIES)
        self.plan = plan
        self.listener = listener
        self.sent = sent

    def passes(self, status: int) -> bool:
        return status in (0, 409) or status >= 500

    def work(self, number: int) -> None:
        order = self.plan(number)
        chance = random.Random(f"{order.specimen.name} {number}")
        upload = order.specimen.upload(chance.random() < 0.5, self.listener if order.webhook else None)
        if chance.random() < 0.05:
            self.leave(upload, chance.randrange(len(upload.body) - 40))
        if task := self.insist(number, f"chaos-{number}", upload):
            self.tally.accept(task["id"])
            self.sent[task["id"]] = order


class Checker(Reader):
    """Looks at what has become of each task that was promised."""

    def __init__(self, url: str, following: Callable[[], int | None], tally: Tally, sent: list[tuple[str, Sent]], found: "Findings"):
        super().__init__(url, following, tally)
        self.sent = sent
        self.found = found

    def work(self, number: int) -> None:
        task, order = self.sent[number]
        view = self.ended(task)
        reasons = order.specimen.reasons
        if not reasons and view["status"] != "done":
            self.found.not_done.append(f"{task}, {order.specimen.name}: {view['results']}")
        elif not reasons and (digests := self.digests(view)) != order.digests:
            self.found.other_bytes.append(f"{task}, {order.specimen.name} {order.specimen.chains}: {digests} and not {order.digests}")
        elif reasons and not failed_with(view, reasons):
            self.found.no_reason.append(f"{task}, {order.specimen.name}: {view['status']}, {view['results']}")


def failed_with(task: dict, reasons: frozenset[str]) -> bool:
    """Whether a task has failed, and why is one of these reasons, and said."""
    errors = [result.get("error", {}) for result in task["results"]]
    return task["status"] == "failed" and all(error.get("code") in reasons and error.get("detail") for error in errors)


class Findings:
    """What checkers have found."""

    def __init__(self):
        self.not_done: list[str] = []
        self.no_reason: list[str] = []
        self.other_bytes: list[str] = []
