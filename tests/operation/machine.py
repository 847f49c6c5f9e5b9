"""A stack that takes the commands which the pages for operators say for a machine with the package."""

import fnmatch
import getpass
import os
import re
import shlex
import signal
import subprocess
from dataclasses import dataclass, field
from pathlib import Path

from pages import commands

from stack.child import descendants
from stack.places import Build
from stack.ready import answers, wait_until
from stack.service import Plan, Stack

# What stands for what the commands find on a machine. Roles are made as local-database makes them.
PROGRAMS = {
    "runuser": 'shift 3; exec "$@"',
    "imgfilter": 'exec "$PROGRAM" "$@"',
    "imgfilter-admin": 'exec "$PROGRAM" "$@"',
    "local-database": """for role in imgfilter imgfilter_edge imgfilter_worker; do
        psql -X -q -d postgres -c "CREATE ROLE $role LOGIN $([ $role = imgfilter ] && echo CREATEROLE)"
    done
    psql -X -q -d postgres -c 'CREATE DATABASE imgfilter OWNER imgfilter'""",
}

INSTANCE = "worker@*"
"""What processes of imgfilter-worker@1, @2, … are called here."""


@dataclass
class Machine:
    """A stack, and a shell on it whose paths and programs are those of an installation."""

    page: str
    folder: Path
    port: int
    settings: dict[str, str]
    backups: Path = Path("/nonexistent")
    started: list[str] = field(default_factory=list)

    def __post_init__(self):
        self.stack = Stack(Plan(Build.of("debug"), self.folder, self.port, lasting=False, settings=self.settings))
        self.programs = self.folder / "programs"
        self.programs.mkdir()
        for name, text in PROGRAMS.items():
            (self.programs / name).write_text(f"#!/bin/sh\nset -eu\n{text}\n")
            (self.programs / name).chmod(0o755)
        for name, file in self.stack.secrets.items():
            self.use_file(name, file.rename(self.etc / name.lower().replace("_", "-")))

    @property
    def etc(self) -> Path:
        """What /etc/imgfilter is here."""
        return self.folder / "secrets"

    def use_file(self, name: str, file: Path) -> None:
        """Has a setting come from a file, as the units do."""
        self.stack.environment.pop(f"IMGFILTER_{name}", None)
        self.stack.environment[f"IMGFILTER_{name}_FILE"] = str(file)

    def local(self, text: str) -> str:
        """A command as it is for this machine."""
        places = {"/var/backups/imgfilter": self.backups, "/var/lib/imgfilter/store": self.folder / "store",
                  "/usr/lib/imgfilter/local-database": "local-database", "/var/cache/imgfilter": self.folder / "cache",
                  "/etc/imgfilter": self.etc, "chown -R imgfilter:": f"chown -R {getpass.getuser()}:"}
        for there, here in places.items():
            text = text.replace(there, str(here))
        return text

    def sh(self, text: str) -> str:
        """Runs commands; the service's settings are what imgfilter-admin has read."""
        environment = self.stack.environment | {"PATH": f"{self.programs}:{os.environ['PATH']}", "PROGRAM": str(self.stack.plan.build.program),
                                                "PGHOST": str(self.stack.cluster.sockets), "PGUSER": "postgres"}
        done = subprocess.run(["/bin/sh", "-c", text], env=environment, capture_output=True, text=True, timeout=120, cwd=self.folder)
        assert done.returncode == 0, f"{text}\n{done.stdout}{done.stderr}"
        return done.stdout

    def do(self, name: str) -> str:
        """Does the commands of a block, in their order: systemd's are asked of the stack."""
        shell, setting, said = [], [], ""
        for line in [*commands(self.page, name), "systemctl"]:
            if line.startswith("systemctl"):
                said += self.sh("\n".join([*setting, *shell]))
                setting += [each for each in shell if re.match(r"set |cd |[a-z]\w*=", each)]
                shell = []
                self.systemctl(*shlex.split(line)[1:])
            else:
                shell.append(self.local(line))
        return said

    def systemctl(self, verb: str = "", *units: str) -> None:
        """What systemd would do with these units."""
        done = {
            ("start", "imgfilter-migrate"): lambda: self.stack.command("migrate"),
            ("start", "imgfilter-store"): self.stack.start_store,
            ("start", "imgfilter.target"): self._start_target,
            ("restart", "imgfilter-store"): self._restart_store,
            ("try-restart", "imgfilter-worker"): lambda: self._restart_those_that_run("worker"),
            ("try-restart", "imgfilter-worker@*"): lambda: self._restart_those_that_run(INSTANCE),
            ("try-restart", "imgfilter-notify"): lambda: self._restart_those_that_run("notify"),
            ("reload", "imgfilter-edge"): self._reload_edge,
        }
        for unit in units if verb in ("start", "restart", "try-restart", "reload") else ():
            self._read_settings()
            done[verb, unit]()
            self.started.append(unit)

    def _read_settings(self) -> None:
        """imgfilter.env, which wins over what the stack says."""
        file = self.etc / "imgfilter.env"
        lines = file.read_text().splitlines() if file.exists() else []
        self.stack.environment |= dict(line.split("=", 1) for line in lines)

    def _start_target(self) -> None:
        self.stack.start_nginx()
        self.stack.start_worker()

    def _restart_store(self) -> None:
        """Its unit hands over the old keys where there are any."""
        self.stack.children["store"].stop()
        old = self.etc / "s3-old-keys"
        self.stack.environment.pop("IMGFILTER_STORE_OLD_KEYS_FILE", None)
        if old.exists():
            self.use_file("STORE_OLD_KEYS", old)
        self.stack.start_store()

    def _restart_those_that_run(self, name: str) -> None:
        """Workers by the name of their process; of instances those that are there."""
        for each in fnmatch.filter(list(self.stack.children), name):
            if self.stack.children[each].alive:
                self.stack.children[each].stop()
                self.stack.start_worker(each)

    def _reload_edge(self) -> None:
        """Within the master process; an installation takes another one, with the same configuration."""
        (self.folder / "nginx.conf").write_text(self.stack.command("nginx-config"))
        master = self.stack.children["nginx"].pid
        before = set(descendants(master))
        os.kill(master, signal.SIGHUP)
        wait_until("new nginx workers", lambda: set(descendants(master)) - before and answers(f"{self.stack.url}/readyz") == 200, 20)
