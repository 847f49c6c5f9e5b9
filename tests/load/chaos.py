"""Real uploads while parts of the service are killed at random: `python3 -m load.chaos`.

Two edges behind a load balancer and two workers. A worker, an engine, an edge and the store are killed with SIGKILL,
PostgreSQL is stopped at once, a worker sleeps past its leases; whoever has ended is started anew a second later. A fifth of
the uploads asks for a webhook, and some are poison. The same pictures were filtered before, while all was calm. In the end
it prints a count for each thing that may be wrong, and fails unless all are 0.
"""

import argparse
import random
import shutil
import tempfile
import time
from collections import Counter
from collections.abc import Callable

from stack.edges import Front, front
from stack.listener import Listener
from stack.ready import answers, wait_until
from stack.service import Stack

from . import aftermath, specimens
from .chaos_clients import CalmClient, ChaosClient, Checker, Findings, Sent
from .havoc import KINDS, Course, Havoc, Keeper
from .records import Records, clean
from .specimens import Specimen
from .stage import stage
from .uploader import Tally, Uploader, numbers

SETTINGS = {
    "LEASE": "4s", "BEAT": "1s", "POLL": "100ms", "CLEANUP_EVERY": "5s", "ANONYMOUS_WEBHOOK": "true", "WEBHOOK_INSECURE": "true",
    # Both lanes are to have work, and the pictures are small.
    "FAST_LANE_MS": "3",
    # Uploads wait for the work, so that what is killed is at work.
    "MAX_QUEUE": "100",
    # A worker that sleeps wakes up before it: a good picture must not pay for that.
    "TASK_DEADLINE": "15s",
    # Enough for the good ones many times over, and not for the glutton.
    "ENGINE_MEMORY": str(320 << 20),
}
SLEEP = 7.0
"""How long a worker that is stopped sleeps, in seconds: longer than a lease."""
POISONED = 60
"""Of so many uploads one is poison, and at least one of each kind is there."""
DEAR = ("endless", "glutton")
"""Poison that takes long to end, and"""
DEAR_ONES = 3
"""the most uploads of each."""
PROGRESS = 120
"""Seconds in which something of what is left must come to its end: longer than the lease of a delivery."""
SHORT = {"uploads": 400, "events": 12, "pool": 40, "connections": 12}


def run_all(clients: list[Uploader], keeper: Keeper | None = None, more: Callable[[], bool] = lambda: False) -> None:
    """Runs clients to their end, and goes on while there is `more`; the keeper's turns are in between."""
    for client in clients:
        client.start()
    while more() or any(client.is_alive() for client in clients):
        if keeper:
            keeper.tend()
        time.sleep(0.05)


def calm(url: str, pool: list[Specimen]) -> dict[str, Sent]:
    """Each specimen's task, with what it becomes."""
    tally, sent = Tally(), {}
    following = numbers(len(pool), tally)
    run_all([CalmClient(url, following, tally, pool, sent) for _ in range(8)])
    if tally.wrong:
        raise SystemExit("\n".join(tally.wrong))
    return sent


def plan(options: argparse.Namespace, calm_ones: list[Sent]) -> Callable[[int], Sent]:
    """What each upload is, by its number."""
    chance = random.Random(f"{options.seed} plan")
    kinds = [name for name in specimens.POISON if name not in options.without]
    count = max(len(kinds), options.uploads // POISONED)
    dear = [name for name in kinds if name in DEAR] * min(DEAR_ONES, count // len(kinds))
    cheap = [name for name in kinds if name not in DEAR]
    # What takes long comes early, so that it has not to be waited for in the end.
    places = chance.sample(range(options.uploads // 3), len(dear)) + chance.sample(range(options.uploads // 3, options.uploads), count - len(dear))
    poison = {place: specimens.POISON[name](chance) for place, name in zip(places, dear + cheap * count)}

    def of(number: int) -> Sent:
        own = random.Random(f"{options.seed} upload {number}")
        webhook = own.random() < 0.2
        if number in poison:
            return Sent(poison[number], (), webhook)
        one = own.choice(calm_ones)
        return Sent(one.specimen, one.digests, webhook)

    return of


def settle(records: Records, keeper: Keeper, url: str) -> list[str]:
    """Waits until nothing is on its way any more, as long as there is progress."""
    left, since = None, time.monotonic()
    while time.monotonic() - since < PROGRESS:
        keeper.tend()
        before, left = left, records.rows("select count(*) from queue")[0][0]
        if left == 0 and answers(f"{url}/readyz") == 200:
            return []
        if left != before:
            since = time.monotonic()
        time.sleep(0.1)
    return [f"nothing has come to an end for {PROGRESS} s, and {left} rows are left in the queue"]


def checked(front: Front, sent: dict[str, Sent]) -> tuple[Findings, list[str]]:
    """Asks the service for all that it has promised."""
    found, tally, every = Findings(), Tally(), list(sent.items())
    following = numbers(len(every), tally)
    run_all([Checker(front.url, following, tally, every, found) for _ in range(8)])
    return found, tally.wrong


def chaos(stack: Stack, listener: Listener, options: argparse.Namespace) -> aftermath.Offenders:
    """The whole of it: who did what should not be."""
    before = front(stack, "a", "b")
    stack.start_worker("worker-b")
    pool = [specimens.good(options.seed, number) for number in range(options.pool)]
    start = time.monotonic()
    sent = calm(before.url, pool)
    print(f"{len(sent)} specimens filtered while all was calm, in {time.monotonic() - start:.0f} s", flush=True)

    tally = Tally()
    course = Course(options.uploads, options.events, tally)
    havoc, keeper = Havoc(stack, before, course, options, tally), Keeper(stack, before)
    ordered = plan(options, sorted(sent.values(), key=lambda one: one.specimen.name))
    clients = [ChaosClient(before.url, course.following, tally, ordered, listener.url, sent) for _ in range(options.connections)]
    havoc.start()
    start = time.monotonic()
    run_all(clients, keeper, lambda: havoc.is_alive() or not keeper.whole())
    print(f"{len(tally.accepted)} uploads promised in {time.monotonic() - start:.0f} s: {dict(sorted(tally.outcomes.items()))}", flush=True)

    wait_until("PostgreSQL", lambda: answers(f"{before.url}/readyz") == 200, 60)
    records = Records(stack)
    start = time.monotonic()
    wrong = settle(records, keeper, before.url)
    clean(stack, before.spools, ORPHAN_AGE="0s", ORPHAN_AGE_UNSAFE="true")
    found, unread = checked(before, sent)
    print(f"settled, swept and looked at in {time.monotonic() - start:.0f} s", flush=True)
    if not summary(records, havoc, sent):
        wrong.append("no task was begun twice: nothing was hit")
    return {
        "kinds of events that did not happen": [kind for kind in havoc.kinds if not havoc.happened[kind]],
        "other mishaps": tally.wrong + wrong + unread,
        "promised tasks that are not done": found.not_done,
        "poison that has not failed with its reason": found.no_reason,
        "results that are not those of the calm": found.other_bytes,
        **aftermath.of_tasks(records, sent, tally.accepted),
        **aftermath.of_outbox(records, listener, sent),
        **aftermath.of_storage(records, before),
        **aftermath.of_processes(stack, keeper.past),
    }


def summary(records: Records, havoc: Havoc, sent: dict[str, Sent]) -> int:
    """Says what happened, for whoever wants to know that it was enough; the tasks that were begun more than once."""
    # A task that is done at once has three versions: queued, processing, done.
    again = records.rows("select count(*) from task where version > 3")[0][0]
    poison = Counter(order.specimen.name for order in sent.values() if order.specimen.reasons)
    reasons = records.rows("select e.value ->> 'code', count(distinct id) from task, jsonb_each(errors) e group by 1")
    print(f"{havoc.happened.total()} events: {dict(havoc.happened)}\n"
          f"{len(sent)} tasks, {again} of them begun more than once; poison: {dict(poison)}, failed with {dict(reasons)}; "
          f"{sum(order.webhook for order in sent.values())} webhooks", flush=True)
    return again


def main() -> None:
    parser = argparse.ArgumentParser(prog="load.chaos", description=__doc__.split("\n")[0])
    parser.add_argument("--uploads", type=int, default=5000)
    parser.add_argument("--events", type=int, default=36)
    parser.add_argument("--pool", type=int, default=250, help="different pictures")
    parser.add_argument("--connections", type=int, default=32)
    parser.add_argument("--seed", type=int, default=int(time.time()))
    parser.add_argument("--sleep", type=float, default=SLEEP, help="how long a stopped worker sleeps, in seconds")
    parser.add_argument("--without", nargs="*", default=[], choices=[*KINDS, *specimens.POISON], help="events or poison to leave out")
    parser.add_argument("--short", action="store_true", help=f"the same with {SHORT}")
    parser.add_argument("--profile", default="release")
    options = parser.parse_args()
    if options.short:
        vars(options).update(SHORT)
    print(f"seed {options.seed}", flush=True)
    with Listener() as listener, stage(options.profile, **SETTINGS) as stack:
        offenders = chaos(stack, listener, options)
        print(aftermath.told(offenders), flush=True)
        wrong = [what for what, those in offenders.items() if those]
        if wrong:
            kept = tempfile.mkdtemp(prefix=f"chaos-{options.seed}-")
            shutil.copytree(stack.logs, kept, dirs_exist_ok=True)
            print(f"the logs of all are kept in {kept}", flush=True)
    raise SystemExit(f"wrong, with seed {options.seed}: {'; '.join(wrong)}" if wrong else None)


if __name__ == "__main__":
    main()
