"""Keeping a stack: in the foreground for `run`, detached for `start`, found again by `stop` and `status`."""

import fcntl
import json
import os
import shlex
import signal
import subprocess
import sys
import time
from pathlib import Path

from . import sample
from .child import wait_gone
from .places import CHECKOUT, Build, StackError
from .ready import answers, wait_until
from .service import Plan, Stack

START_LIMIT = 180.0
STOP_LIMIT = 120.0
RUNNING = "the stack of this checkout is running already: `make stop` ends it"
READY = "imgfilter is ready at"


class Ended(Exception):
    """Somebody asked the supervisor to end."""


def own_settings() -> dict[str, str]:
    """The settings that were given with the command, as in `make run IMGFILTER_PORT=9000`."""
    return {name: value for name, value in os.environ.items() if name.startswith("IMGFILTER_")}


class Record:
    """`var/stack.json`: who keeps the stack of this checkout. Its lock is held as long as that process lives."""

    def __init__(self, state: Path):
        self.file = state / "stack.json"
        self.handle = open(self.file, "a+")

    def take(self) -> None:
        """Raises StackError when this checkout's stack is running already."""
        if not self._lock():
            raise StackError(RUNNING)
        self.write({})

    def _lock(self) -> bool:
        try:
            fcntl.flock(self.handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
            return True
        except BlockingIOError:
            return False

    def held(self) -> bool:
        """Whether a supervisor lives."""
        if self._lock():
            fcntl.flock(self.handle, fcntl.LOCK_UN)
            return False
        return True

    def write(self, content: dict) -> None:
        self.handle.seek(0)
        self.handle.truncate()
        json.dump(content, self.handle)
        self.handle.flush()

    def read(self) -> dict:
        return json.loads(self.file.read_text() or "{}")


def keep(state: Path, build: Build, record: Record) -> int:
    """Starts the stack and stays until a signal comes (0) or a part of it dies (1)."""
    def end(_number, _frame):
        raise Ended

    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, end)
    settings = own_settings()
    stack = Stack(Plan(build, state, int(settings.get("IMGFILTER_PORT", "8080")), settings=settings))
    try:
        stack.start()
        record.write({"pid": os.getpid(), "url": stack.url,
                      "children": {name: child.pid for name, child in stack.children.items()}})
        say_how(stack)
        while not (dead := stack.dead()):
            time.sleep(0.2)
        print(f"{dead.name} ended by itself with status {dead.process.returncode}; the end of {dead.log}:\n{dead.tail()}",
              file=sys.stderr, flush=True)
        return 1
    except Ended:
        return 0
    finally:
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, signal.SIG_IGN)
        for child in stack.stop():
            print(f"{child.name} did not end when asked to, and was killed; see {child.log}", file=sys.stderr, flush=True)


def write_settings(stack: Stack) -> None:
    """What any command needs to work on this stack, for a shell to read: sockets and ports are others at each start."""
    own = {name: value for name, value in stack.environment.items() if name.startswith("IMGFILTER_")}
    lines = [f"{name}={shlex.quote(value)}\n" for name, value in sorted(own.items())]
    (stack.plan.state / "imgfilter.env").write_text("".join(lines))


def say_how(stack: Stack) -> None:
    """The last thing that the start prints, in one write: `start` looks for it."""
    write_settings(stack)
    line = sample.line(stack.url, sample.photo(stack.plan.state))
    owner = "IMGFILTER_MIGRATE_DATABASE_URL"
    key = f"{owner}={shlex.quote(stack.environment[owner])} {stack.plan.build.program} key create --owner me"
    sys.stdout.write(f"{READY} {stack.url}   (logs: {stack.logs}; Ctrl-C ends everything)\n\nMake a key:\n\n{key}\n\nTry it:\n\n{line}\n")
    sys.stdout.flush()


def run(state: Path, profile: str) -> int:
    """`make run`."""
    record = Record(state)
    record.take()
    return keep(state, Build.of(profile), record)


def start(state: Path, profile: str) -> int:
    """`make start`: a detached `run`; returns when it is ready."""
    if Record(state).held():
        raise StackError(RUNNING)
    log = state / "log" / "supervisor.log"
    log.parent.mkdir(exist_ok=True)
    command = [sys.executable, "-m", "stack", "run", "--state", state, "--profile", profile]
    with open(log, "wb") as out:
        process = subprocess.Popen(command, cwd=CHECKOUT / "tests", stdin=subprocess.DEVNULL, stdout=out, stderr=out,
                                   start_new_session=True)
    wait_until("the start of the stack", lambda: process.poll() is not None or READY in log.read_text(), START_LIMIT)
    if process.poll() is not None:
        raise StackError(f"the stack did not start:\n{log.read_text()}")
    print(log.read_text().replace("Ctrl-C ends", "`make stop` ends"), end="")
    return 0


def stop(state: Path, _profile: str) -> int:
    """`make stop`: asks the supervisor to end, and waits for it."""
    record = Record(state)
    if not record.held():
        print("the stack of this checkout is not running")
        return 0
    wait_until("the end of the start", lambda: "pid" in record.read() or not record.held(), START_LIMIT)
    if record.held():
        pid = record.read()["pid"]
        os.kill(pid, signal.SIGTERM)
        wait_gone(pid, STOP_LIMIT)
    return 0


def status(state: Path, _profile: str) -> int:
    """`make status`: 0 when the stack runs and is ready, 1 when it is not ready, 3 when it does not run."""
    record = Record(state)
    if not record.held():
        print("not running")
        return 3
    content = record.read()
    ready = "url" in content and answers(f"{content['url']}/readyz") == 200
    print(f"{'ready' if ready else 'not ready'}: {content.get('url', 'starting')} {content.get('children', {})}")
    return 0 if ready else 1
