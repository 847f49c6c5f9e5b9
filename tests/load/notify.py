"""Receivers that misbehave, and five hundred beside them that do not: `python3 -m load.notify`.

Tasks end by the functions of the database; one `imgfilter notify run` tells. Each kind of misbehaviour is told of several
tasks, each healthy receiver of one. What became of each is held against what it should; how long the healthy ones waited, from
the event to its arrival, is told.
"""

import argparse
import subprocess
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from receivers import crowd
from receivers.crowd import Crowd
from stack.places import CHECKOUT
from stack.ready import wait_until

from .figures import place, quantile, write
from .outbox import Driver, outbox, sender

HEALTHY = 500
LANES = ">= 10"
FIRST_PAUSE = 5.0
"""Seconds until the second try by the schedule; twice that is the most that a receiver may ask for."""
BREAKER = 5
"""Failures in a row after which a host is left alone."""
LEFT_ALONE = 600
"""The longest wait then, in seconds, for those who stand in its line."""


@dataclass(frozen=True)
class Kind:
    """A kind of receiver, and how the first tries at it are to end: outcome, status, and how its detail begins."""

    behave: crowd.Behaviour
    outcome: str
    status: int | None
    detail: str
    finally_: str = "pending"
    """What its deliveries are soon afterwards."""


REFUSING = "refuses"
SLOW_NAME = "a slow name"
MOVED = "answers 301 to loopback"
GONE = "answers 410"
ASKS_A_DAY = "answers 429, in a day"
RECOVERS = "answers 500, then 200"
KINDS = {
    REFUSING: Kind(crowd.closing, "retry", None, "connection"),
    "hangs": Kind(crowd.hanging, "retry", None, "timeout"),
    RECOVERS: Kind(crowd.in_turn(*[crowd.answering(500)] * 3, crowd.answering(200)), "retry", 500, "answered 500", "delivered"),
    MOVED: Kind(crowd.answering(301), "retry", 301, "answered 301"),
    GONE: Kind(crowd.answering(410), "gone", 410, "answered 410", "failed"),
    ASKS_A_DAY: Kind(crowd.answering(429, "Retry-After: 86400\r\n"), "retry", 429, "answered 429"),
    "answers without end": Kind(crowd.endless, "delivered", 200, "answered 200", "delivered"),
    "answers a byte at a time": Kind(crowd.dripping, "delivered", 200, "answered 200", "delivered"),
    "closes before its answer": Kind(crowd.closing, "retry", None, "protocol"),
    "closes in its answer": Kind(crowd.closing_midway, "retry", None, "protocol"),
    SLOW_NAME: Kind(crowd.answering(204), "retry", None, "timeout"),
}


def slow_names(folder: Path) -> str:
    """What makes names that end in .slow slow."""
    library = folder / "slow_names.so"
    command = ["cc", "-shared", "-fPIC", "-o", library, CHECKOUT / "tests/receivers/slow_names.c", "-ldl"]
    subprocess.run(command, check=True)
    return str(library)


class Scene:
    """The receivers, and what they are told."""

    def __init__(self, driver: Driver, healthy: int, tasks: int):
        self.driver = driver
        self.tasks = tasks
        behaviours = [kind.behave for kind in KINDS.values()] + [crowd.answering(204)] * (healthy + 1)
        self.crowd = Crowd(behaviours)
        self.healthy = range(len(KINDS), len(KINDS) + healthy)
        self.inner = len(KINDS) + healthy
        """Who must not be told: a redirect leads there."""
        self.crowd.behaviours[list(KINDS).index(MOVED)] = crowd.answering(301, f"Location: {self.crowd.url(self.inner)}\r\n")

    def address(self, number: int, name: str | None = None) -> str:
        url = self.crowd.url(number)
        if name == SLOW_NAME:
            return f"http://never.slow:{urlsplit(url).port}/told"
        if name == REFUSING:
            # Nobody listens at port 1.
            return f"http://{urlsplit(url).hostname}:1/told"
        return url

    def order(self) -> None:
        """All orders, those of who misbehaves between those of who does not."""
        healthy = list(self.healthy)
        share = max(1, len(healthy) // self.tasks)
        for number, name in enumerate(KINDS):
            self.driver.targets(name, [{"channel": "webhook", "address": self.address(number, name), "events": ["task.done"]}])
        for round_ in range(self.tasks):
            for name in KINDS:
                self.driver.order(name)
            last = len(healthy) if round_ == self.tasks - 1 else (round_ + 1) * share
            for number in healthy[round_ * share:last]:
                self.driver.order(None, webhook=self.crowd.url(number))

    def waits(self) -> list[float]:
        """Seconds from each event to its arrival, of healthy receivers."""
        rows = self.driver.owner.rows("select id::text, extract(epoch from created_at)::float8 from imgfilter.delivery")
        begun = {f"msg_{delivery.replace('-', '')}": at for delivery, at in rows}
        return [arrival.at - begun[arrival.headers["webhook-id"]] for number in self.healthy for arrival in self.crowd.arrivals[number]]

    def all_told(self) -> bool:
        return all(self.crowd.arrivals[number] for number in self.healthy)


TRIES = """
select d.owner, d.status, a.outcome, a.status, a.detail, a.ms, extract(epoch from q.run_at - a.at)::float8, count(*) over (partition by d.id)
  from imgfilter.delivery d join imgfilter.attempt a on a.delivery_id = d.id left join imgfilter.queue q on q.id = d.queue_id
 where d.owner = any (%s) and d.event = 'task.done' order by a.at
"""


def settled(driver: Driver) -> bool:
    """Whether each kind has been tried, and those that are to come to an end have."""
    states = dict(driver.owner.rows("select owner, array_agg(distinct status) from imgfilter.delivery where owner = any (%s) and event = 'task.done' "
                                    "group by 1", list(KINDS)))
    tried = {row[0] for row in driver.owner.rows(TRIES, list(KINDS))}
    ends = all(states.get(name) == [kind.finally_] for name, kind in KINDS.items() if kind.finally_ != "pending")
    return ends and tried == set(KINDS)


def judge(driver: Driver, scene: Scene) -> tuple[dict, list[str]]:
    """What became of each kind, and what is not as it should be."""
    found, wrong = {}, []
    rows = driver.owner.rows(TRIES, list(KINDS))
    for name, kind in KINDS.items():
        mine = [row for row in rows if row[0] == name]
        _, status, outcome, code, detail, ms, _, _ = mine[0]
        found[name] = {"outcome": outcome, "status": code, "detail": detail, "ms": ms, "tries": len(mine)}
        if (outcome, code) != (kind.outcome, kind.status) or not detail.startswith(kind.detail):
            wrong.append(f"{name}: {outcome}, {code}, {detail}")
        if kind.finally_ == "pending" and {row[2] for row in mine} != {kind.outcome}:
            wrong.append(f"{name}: {[row[2:5] for row in mine]}")
        if kind.finally_ != "pending" and status != kind.finally_:
            wrong.append(f"{name}: {status} in the end, and not {kind.finally_}")
    pauses = [row[6] for row in rows if row[0] == ASKS_A_DAY and row[6] is not None and row[7] == 1]
    most = 2.4 * FIRST_PAUSE + 1 if scene.tasks < BREAKER else LEFT_ALONE
    if not pauses or not all(0 < pause <= most for pause in pauses):
        wrong.append(f"{ASKS_A_DAY}: waits {pauses} s")
    if scene.crowd.arrivals[scene.inner]:
        wrong.append("a redirect was followed")
    (state,) = driver.owner.rows("select status, reason from imgfilter.target where owner = %s", GONE)
    if state != ("disabled", "gone"):
        wrong.append(f"{GONE}: its target is {state}")
    told = [len(scene.crowd.arrivals[number]) for number in scene.healthy]
    if set(told) != {1}:
        wrong.append(f"healthy receivers that were not told once: {sum(count != 1 for count in told)}")
    return found, wrong


def run(options: argparse.Namespace) -> dict:
    settings = {"NOTIFY_CONNECT_TIMEOUT": options.connect_timeout, "NOTIFY_TIMEOUT": options.timeout, "WEBHOOK_INSECURE": "true", "BEAT": "1s"}
    with outbox(options.profile, **settings) as stack:
        driver = Driver(stack)
        scene = Scene(driver, options.healthy, options.tasks)
        with scene.crowd:
            child = sender(stack, "sender", LD_PRELOAD=slow_names(stack.plan.state), SLOW_SECONDS=str(options.slow_seconds))
            scene.order()
            while driver.work(20) or driver.waiting("< 10"):
                pass
            wait_until("all healthy receivers", scene.all_told, 120, child)
            waits = scene.waits()
            wait_until("the tries at the others", lambda: settled(driver), 180, child)
            found, wrong = judge(driver, scene)
            if not child.stop():
                wrong.append("the sender had to be killed")
    times = {"p50_s": round(quantile(waits, 0.5), 3), "p99_s": round(quantile(waits, 0.99), 3), "max_s": round(max(waits), 3)}
    return {"healthy": options.healthy, "events_of_each_misbehaver": options.tasks, "event_to_arrival": times, "misbehavers": found, "wrong": wrong}


def main() -> None:
    parser = argparse.ArgumentParser(prog="load.notify", description=__doc__.split("\n")[0])
    parser.add_argument("--healthy", type=int, default=HEALTHY)
    parser.add_argument("--tasks", type=int, default=20, help="events that each misbehaving receiver is told of")
    parser.add_argument("--connect-timeout", default="5s")
    parser.add_argument("--timeout", default="15s")
    parser.add_argument("--slow-seconds", type=int, default=8, help="what it takes to resolve a slow name: longer than to connect")
    parser.add_argument("--short", action="store_true", help="the same with short timeouts and fewer events")
    parser.add_argument("--profile", default="release")
    parser.add_argument("--figures", type=Path, default=place("notify-receivers"), help="where the figures go")
    options = parser.parse_args()
    if options.short:
        vars(options).update(tasks=3, connect_timeout="1s", timeout="2s", slow_seconds=3)
    result = run(options)
    for name, each in result["misbehavers"].items():
        print(f"{name:28}{each['outcome']:12}{each['status'] or '':6} {each['ms']:>6} ms  {each['tries']:>3} tries  {each['detail']}")
    times = result["event_to_arrival"]
    print(f"\n{options.healthy} healthy receivers beside them, from the event to its arrival: p50 {times['p50_s']} s, p99 {times['p99_s']} s, "
          f"longest {times['max_s']} s\n\n{write(options.figures, result)}")
    raise SystemExit("\n".join(result["wrong"]) or None)


if __name__ == "__main__":
    main()
