"""Notifications while those who tell and the database are killed: `python3 -m load.chaos_notify`.

Tasks end by the functions of the database; each owner is told by webhook, e-mail, push and SMS. Two `imgfilter notify run` tell,
and are killed with SIGKILL; PostgreSQL is stopped at once; whoever has ended is started anew a second later. Receivers fail at
some messages at first. In the end it prints a count for each thing that may be wrong, and fails unless all are 0.
"""

import argparse
import random
import shutil
import signal
import tempfile
import time
from collections import Counter, defaultdict
from pathlib import Path

from receivers.push import vapid_keys
from stack.child import Child
from stack.service import Stack

from . import aftermath
from .figures import place, write
from .heard import CHANNELS, Heard
from .outbox import Driver, outbox, sender

SENDERS = ("sender-a", "sender-b")
SETTINGS = {
    "BEAT": "1s", "NOTIFY_TIMEOUT": "3s", "NOTIFY_CONNECT_TIMEOUT": "2s",
    # All owners are told at the same few hosts here.
    "NOTIFY_PER_HOST": "16", "NOTIFY_BREAKER_FAILURES": "50",
}
OWNERS = 50
BATCH = 20
"""Tasks that are ordered and ended at a time."""
AHEAD = 400
"""Deliveries that may wait before more tasks end: so that those who are killed are at work."""
RESTART = 1.0
"""Seconds from a death to the next start: RestartSec= of the units."""
PROGRESS = 90
"""Seconds in which something of what is left must come to its end."""
LOOK = 3
"""How long one is looked at until he works, in seconds."""
DELIVERIES = ">= 10"
AT_WORK = """
select 1 from imgfilter.queue q join imgfilter.worker w on w.id = q.worker_id
 where q.lane >= 10 and (%s::int is null or w.pid = %s) limit 1
"""
SHORT = {"tasks": 200, "events": 6}


class Havoc:
    """Kills by its plan, and starts anew. All in the thread that began the processes: they end with it."""

    def __init__(self, stack: Stack, options: argparse.Namespace):
        self.stack = stack
        chance = random.Random(f"{options.seed} havoc")
        victims = [*SENDERS, "postgresql", *SENDERS]
        self.plan = sorted((chance.uniform(0.05, 0.95) * options.tasks, victims[number % len(victims)]) for number in range(options.events))
        self.ended: dict[str, float] = {}
        self.happened: Counter[str] = Counter()

    def strike(self, done: int, driver: Driver) -> None:
        """What is due after so many tasks. Who has just died is waited for."""
        while self.plan and self.plan[0][0] <= done:
            _, name = self.plan.pop(0)
            child = self.child(name)
            while not child.alive:
                self.tend()
                time.sleep(0.05)
            self.see_at_work(child, driver)
            child.process.send_signal(signal.SIGQUIT if name == "postgresql" else signal.SIGKILL)
            child.process.wait(60)
            self.happened[name] += 1

    def see_at_work(self, child: Child, driver: Driver) -> None:
        """Waits until it sends something, or the database's clients do: to kill who is idle shows little."""
        pid = None if child.name == "postgresql" else child.pid
        end = time.monotonic() + LOOK
        while time.monotonic() < end and not driver.owner.rows(AT_WORK, pid, pid):
            self.tend()
            time.sleep(0.005)

    def child(self, name: str) -> Child:
        return self.stack.children[name]

    def tend(self) -> None:
        """Starts those anew that have ended a while ago."""
        for name in ("postgresql", *SENDERS):
            child = self.child(name)
            if child.alive:
                self.ended.pop(name, None)
            elif time.monotonic() - self.ended.setdefault(name, time.monotonic()) >= RESTART:
                child.start()


def end_tasks(driver: Driver, havoc: Havoc, count: int) -> list[str]:
    """Orders and ends so many tasks, a few at a time; their ids."""
    tasks: list[str] = []
    while len(tasks) < count:
        tasks += [driver.order(f"owner-{(len(tasks) + each) % OWNERS}") for each in range(min(BATCH, count - len(tasks)))]
        while driver.waiting("< 10"):
            driver.work()
            havoc.tend()
        havoc.strike(len(tasks), driver)
        while driver.waiting(DELIVERIES) > AHEAD:
            havoc.tend()
            time.sleep(0.05)
        havoc.tend()
    return tasks


def settle(driver: Driver, havoc: Havoc) -> list[str]:
    """Waits until nothing is on its way, as long as there is progress. Who waits for his next try gets it now."""
    left, since = None, time.monotonic()
    while time.monotonic() - since < PROGRESS:
        havoc.tend()
        before, left = left, driver.waiting(DELIVERIES)
        if left == 0:
            return []
        if left != before:
            since = time.monotonic()
        driver.owner.rows("with hurried as (update imgfilter.queue set run_at = now() where worker_id is null and run_at > now() returning 1) "
                          "select count(*) from hurried")
        time.sleep(0.2)
    return [f"nothing has come to an end for {PROGRESS} s, and {left} deliveries are left"]


def offenders(driver: Driver, heard: Heard, tasks: list[str]) -> aftermath.Offenders:
    """What may be wrong, each with those it is true of."""
    rows = driver.owner.rows("select id::text, task_id::text, channel, status from imgfilter.delivery where event = 'task.done'")
    of = defaultdict(list)
    for delivery, task, channel, status in rows:
        of[task, channel].append((delivery, status))
    expected = [(task, channel) for task in tasks for channel in CHANNELS]
    sms = {delivery: status for delivery, _, channel, status in rows if channel == "sms"}
    known = {(channel, delivery) for delivery, _, channel, _ in rows}
    noted = {delivery for delivery, in driver.owner.rows("select delivery_id::text from imgfilter.attempt where outcome = 'unknown'")}
    unfinished = driver.owner.rows("select id::text from imgfilter.delivery where status in ('pending', 'sending') and event = 'task.done'")
    targets = driver.owner.rows("select owner || ' ' || channel from imgfilter.target where status <> 'active'")
    return {
        "tasks that have not ended": [task for task, in driver.owner.rows("select id::text from imgfilter.task where status <> 'done'")],
        "targets not in the outbox": [str(each) for each in expected if not of[each]],
        "targets twice in the outbox": [str(each) for each, those in of.items() if len(those) > 1],
        "deliveries without an end": [delivery for delivery, in unfinished],
        "not delivered, and no SMS": [str(row) for row in rows if row[2] != "sms" and row[3] != "delivered"],
        "delivered and not heard": [str(row) for row in rows if row[3] == "delivered" and not heard.count[row[2], row[0]]],
        "heard under an id that nobody knows": [str(each) for each, count in heard.count.items() if count and each not in known],
        "heard in two versions": [str(each) for each, bodies in heard.bodies.items() if len(bodies) > 1],
        "SMS heard twice": [delivery for delivery in sms if heard.count["sms", delivery] > 1],
        "SMS neither delivered nor unknown": [delivery for delivery, status in sms.items() if status not in ("delivered", "unknown")],
        "SMS delivered of which no answer came": [delivery for delivery in heard.lost if sms.get(delivery) != "unknown"],
        "SMS unknown without an attempt that says so": sorted({delivery for delivery, status in sms.items() if status == "unknown"} - noted),
        "given up": [str(row) for row in driver.owner.rows("select ref, code, detail from imgfilter.dead")],
        "targets that are not active any more": [target for target, in targets],
    }


def figures(driver: Driver, heard: Heard, havoc: Havoc, tasks: list[str], seconds: float) -> dict:
    rows = driver.owner.rows("select channel, status, count(*) from imgfilter.delivery where event = 'task.done' group by 1, 2 order by 1, 2")
    again = Counter(channel for (channel, _), count in heard.count.items() if count > 1)
    unknown_heard = driver.owner.rows("select id::text from imgfilter.delivery where channel = 'sms' and status = 'unknown'")
    return {
        "tasks": len(tasks), "seconds": round(seconds, 1), "killed": dict(havoc.happened),
        "deliveries": {f"{channel} {status}": count for channel, status, count in rows},
        "heard": dict(sorted(Counter(channel for (channel, _), count in heard.count.items() if count).items())),
        "heard more than once": dict(sorted(again.items())),
        "failed on purpose": dict(sorted(heard.faults.items())),
        "unknown SMS that were heard": sum(bool(heard.count["sms", delivery]) for delivery, in unknown_heard),
    }


def run(stack: Stack, heard: Heard, options: argparse.Namespace) -> tuple[dict, aftermath.Offenders]:
    havoc = Havoc(stack, options)
    driver = Driver(stack, havoc.tend)
    for number in range(OWNERS):
        driver.targets(f"owner-{number}", heard.targets(number))
    for name in SENDERS:
        sender(stack, name)
    start = time.monotonic()
    tasks = end_tasks(driver, havoc, options.tasks)
    havoc.strike(options.tasks, driver)
    wrong = settle(driver, havoc)
    result = figures(driver, heard, havoc, tasks, time.monotonic() - start)
    found = {"other mishaps": wrong} | offenders(driver, heard, tasks)
    found["kinds of events that did not happen"] = [name for name in ("postgresql", *SENDERS) if not havoc.happened[name]]
    return result, found


def main() -> None:
    parser = argparse.ArgumentParser(prog="load.chaos_notify", description=__doc__.split("\n")[0])
    parser.add_argument("--tasks", type=int, default=10_000)
    parser.add_argument("--events", type=int, default=60)
    parser.add_argument("--seed", type=int, default=int(time.time()))
    parser.add_argument("--short", action="store_true", help=f"the same with {SHORT}")
    parser.add_argument("--profile", default="release")
    parser.add_argument("--figures", type=Path, default=place("notify"), help="where the figures go")
    options = parser.parse_args()
    if options.short:
        vars(options).update(SHORT)
    print(f"seed {options.seed}", flush=True)
    with Heard(options.seed) as heard, outbox(options.profile, **SETTINGS, **heard.settings(vapid_keys())) as stack:
        result, found = run(stack, heard, options)
        for name, value in result.items():
            print(f"{name:28}{value}")
        print(aftermath.told(found), flush=True)
        wrong = [what for what, those in found.items() if those]
        write(options.figures, {"seed": options.seed, **result, "wrong": {what: len(those) for what, those in found.items()}})
        if wrong:
            kept = tempfile.mkdtemp(prefix=f"chaos-notify-{options.seed}-")
            shutil.copytree(stack.logs, kept, dirs_exist_ok=True)
            print(f"the logs of all are kept in {kept}", flush=True)
    raise SystemExit(f"wrong, with seed {options.seed}: {'; '.join(wrong)}" if wrong else None)


if __name__ == "__main__":
    main()
