"""One process of the stack: started with a log of its own, watched, and ended by its own pid."""

import ctypes
import os
import pwd
import signal
import subprocess
import time
from pathlib import Path

from .places import StackError

LIBC = ctypes.CDLL(None, use_errno=True)
PR_SET_PDEATHSIG = 1


class Child:
    """A process that ends with its parent, even when the parent is killed."""

    def __init__(self, name: str, command: list, log: Path, environment: dict, user: str | None = None,
                 stop_signal: signal.Signals = signal.SIGTERM, patience: float = 15.0):
        self.name = name
        self.command = [str(word) for word in command]
        self.log = log
        self.environment = environment
        self.user = user
        self.stop_signal = stop_signal
        self.patience = patience
        self.process: subprocess.Popen | None = None

    def start(self) -> None:
        """Starts it in a session of its own, so that Ctrl-C on the terminal reaches the supervisor only."""
        identity = {}
        if self.user:
            entry = pwd.getpwnam(self.user)
            identity = {"user": entry.pw_uid, "group": entry.pw_gid, "extra_groups": [entry.pw_gid]}
        parent = os.getpid()

        def end_with_parent() -> None:
            LIBC.prctl(PR_SET_PDEATHSIG, self.stop_signal)
            if os.getppid() != parent:
                os._exit(1)

        with open(self.log, "ab") as log:
            self.process = subprocess.Popen(
                self.command, stdin=subprocess.DEVNULL, stdout=log, stderr=log, env=self.environment, cwd="/",
                start_new_session=True, preexec_fn=end_with_parent, **identity)

    @property
    def pid(self) -> int:
        if self.process is None:
            raise StackError(f"{self.name} has not been started")
        return self.process.pid

    @property
    def alive(self) -> bool:
        return self.process is not None and self.process.poll() is None

    def stop(self) -> bool:
        """Asks it to end, and insists after `patience` seconds. Nothing that it started stays. False: it had to be
        killed."""
        obeyed = True
        if self.alive:
            self.process.send_signal(self.stop_signal)
            try:
                self.process.wait(self.patience)
            except subprocess.TimeoutExpired:
                obeyed = False
        self.kill()
        return obeyed

    def kill(self) -> None:
        """kill -9, of the process and of all that it started: what a power cut or the OOM killer does."""
        if self.process is None:
            return
        family = [*descendants(self.pid), *session(self.pid)]
        if self.alive:
            self.process.kill()
            self.process.wait()
        for pid in family:
            try:
                os.kill(pid, signal.SIGKILL)
            except ProcessLookupError:
                pass
        for pid in family:
            wait_gone(pid)

    def tail(self, lines: int = 20) -> str:
        """The end of its log."""
        try:
            text = self.log.read_text(errors="replace")
        except FileNotFoundError:
            return ""
        return "\n".join(text.splitlines()[-lines:])


def descendants(pid: int) -> list[int]:
    """The children of a process, and theirs."""
    found = []
    try:
        tasks = list(Path(f"/proc/{pid}/task").iterdir())
        for task in tasks:
            for child in (task / "children").read_text().split():
                found += [int(child), *descendants(int(child))]
    except (FileNotFoundError, ProcessLookupError):
        pass
    return found


def session(leader: int) -> list[int]:
    """The other processes of the session that this process began, also when it has died: nginx's workers outlive a
    master that was killed."""
    members = []
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            pid, fields = stat.parent.name, stat.read_text().rsplit(")", 1)[1].split()
        except (FileNotFoundError, ProcessLookupError):
            continue
        if int(fields[3]) == leader and int(pid) != leader and fields[0] != "Z":
            members.append(int(pid))
    return members


def wait_gone(pid: int, seconds: float = 10.0) -> None:
    """Waits until the kernel has taken the process away."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        try:
            state = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0]
        except (FileNotFoundError, ProcessLookupError):
            return
        if state == "Z":
            return
        time.sleep(0.01)
    raise StackError(f"process {pid} does not end")
