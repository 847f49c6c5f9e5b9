"""What may be wrong after the chaos, each with those it is true of."""

import re
from collections import Counter, defaultdict

from stack.child import session
from stack.edges import Front
from stack.listener import Listener
from stack.service import Stack

from .chaos_clients import Sent
from .records import Records, left_in

Offenders = dict[str, list[str]]
CRASHES = re.compile(r"exited on signal (?!9\b)|signal 11|panicked|stack traceback")


def of_tasks(records: Records, sent: dict[str, Sent], promised: list[str]) -> Offenders:
    """Tasks in the database, and their links."""
    chains = dict(records.rows("select id::text, jsonb_array_length(spec -> 'filters') from task"))
    links = dict(records.rows("select task_id::text, count(*) from link group by 1"))
    expected = {task: 0 if order.specimen.reasons else len(order.specimen.chains) for task, order in sent.items()}
    return {
        "promised tasks that are gone": sorted(sent.keys() - chains.keys()),
        "tasks that nobody was promised": sorted(chains.keys() - sent.keys()),
        "uploads that were answered with the task of another": [task for task, count in Counter(promised).items() if count > 1],
        "tasks with more or fewer links than results": [task for task, count in expected.items() if links.get(task, 0) != count],
        "rows left in the queue, leased or waiting": [str(row) for row in records.rows("select id, lane, worker_id, lease_until, attempts from queue")],
    }


def of_outbox(records: Records, listener: Listener, sent: dict[str, Sent]) -> Offenders:
    """What should have been told, what is written of it, and what was heard."""
    rows = records.rows("select task_id::text, event, status, id::text from delivery")
    written = defaultdict(list)
    for task, event, status, _ in rows:
        written[task].append((event, status))
    heard = defaultdict(set)
    for call in list(listener.calls):
        event = call.json()
        heard[event["data"]["id"]].add((event["type"], call.headers["webhook-id"], call.body))
    asked = {task: "task.failed" if order.specimen.reasons else "task.done" for task, order in sent.items() if order.webhook}
    return {
        "tasks twice in the outbox": [task for task, events in written.items() if len(events) > 1],
        "tasks in the outbox that asked for no webhook": sorted(written.keys() - asked.keys()),
        "webhooks not delivered": [f"{task}: {written[task]}" for task, event in asked.items() if written[task][:1] != [(event, "delivered")]],
        "webhooks not heard": [f"{task}: {event}" for task, event in asked.items() if event not in {each[0] for each in heard[task]}],
        "webhooks heard in two versions": [task for task, events in heard.items() if len(events) > 1],
    }


def of_storage(records: Records, front: Front) -> Offenders:
    """What belongs to no one, after the sweep, and what is not there."""
    known, stored = records.known(), records.stored()
    return {
        "objects that belong to no one": sorted(stored - known),
        "objects that are gone": sorted(known - stored),
        "files left in a spool": [str(path) for spool in front.spools for path in left_in(spool)],
    }


def of_processes(stack: Stack, past: list[int]) -> Offenders:
    """Who crashed by himself, and who was left behind by a dead process; `past` are those that have ended."""
    crashes = []
    for log in sorted(stack.logs.glob("*.log")):
        crashes += [f"{log.name}: {line}" for line in log.read_text(errors="replace").splitlines() if CRASHES.search(line)]
    return {
        "crashes in logs": crashes,
        "processes left by dead ones": [f"{pid} of {leader}" for leader in past for pid in session(leader)],
    }


def told(offenders: Offenders) -> str:
    """A line for each thing that may be wrong, with its count, and some of those it is true of."""
    lines = []
    for what, those in offenders.items():
        lines += [f"{len(those):7}  {what}", *(f"{'':9}  {each}" for each in those[:5])]
    return "\n".join(lines)
