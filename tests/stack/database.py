"""A PostgreSQL of our own: no TCP port, no passwords; who connects is who the kernel says."""

import os
import pwd
import signal
import subprocess
from pathlib import Path

from .child import Child
from .places import StackError, Users, give
from .ready import wait_until

OWNER = "imgfilter"
ROLES = (OWNER, "imgfilter_edge", "imgfilter_worker")

# What a crash of the machine may take from a test database does not matter; waiting for the disk does. A crash of the
# server alone still takes nothing that was committed.
FAST = ("fsync=off", "full_page_writes=off")


def programs() -> Path:
    """The folder of the newest PostgreSQL that Debian has installed."""
    versions = Path("/usr/lib/postgresql").glob("*/bin/initdb")
    newest = max(versions, key=lambda file: int(file.parts[-3]), default=None)
    if newest is None:
        raise StackError("PostgreSQL is missing: run `make deps` first")
    return newest.parent


class Cluster:
    """The database server of one stack."""

    def __init__(self, state: Path, sockets: Path, log: Path, users: Users, lasting: bool):
        self.users = users
        self.data = state / "data"
        self.home = give(state, users.database)
        self.sockets = give(sockets, users.database, 0o755)
        options = ["-c", "listen_addresses=", "-c", f"unix_socket_directories={self.sockets}"]
        for option in () if lasting else FAST:
            options += ["-c", option]
        log.touch()
        self.child = Child("postgresql", [programs() / "postgres", "-D", self.data, *options], log,
                           {"LANG": "C.UTF-8", "PATH": "/usr/bin:/bin"}, users.database, signal.SIGINT)

    def start(self) -> None:
        """Creates the cluster when there is none yet, and waits until it takes connections."""
        if not (self.data / "PG_VERSION").exists():
            self._create()
        self._write_access()
        self.child.start()
        wait_until("the start of PostgreSQL", self._answers, 60, self.child)

    def _create(self) -> None:
        command = [programs() / "initdb", "-D", self.data, "-U", "postgres", "--locale=C.UTF-8", "-E", "UTF8",
                   "--auth=peer", "--no-instructions"]
        identity = {"user": self.users.database, "extra_groups": []} if self.users.database else {}
        done = subprocess.run([str(word) for word in command], capture_output=True, text=True, cwd="/", **identity)
        if done.returncode:
            raise StackError(f"initdb failed:\n{done.stdout}{done.stderr}")

    def _write_access(self) -> None:
        """Maps the users of this machine to the roles they may take: nginx's workers get the edge's and no other."""
        me = pwd.getpwuid(os.geteuid()).pw_name
        lines = [f"stack {me} {role}" for role in ("postgres", *ROLES)]
        if self.users.database:
            lines.append(f"stack {self.users.database} postgres")
        if self.users.edge:
            lines.append(f"stack {self.users.edge} imgfilter_edge")
        (self.data / "pg_hba.conf").write_text("local all all peer map=stack\n")
        (self.data / "pg_ident.conf").write_text("\n".join(lines) + "\n")

    def _answers(self) -> bool:
        test = subprocess.run([programs() / "pg_isready", "-q", "-h", self.sockets], cwd="/")
        return test.returncode == 0

    def sql(self, statement: str, database: str = "postgres") -> str:
        """Runs a statement as the superuser; rows come back as lines."""
        done = subprocess.run(
            ["psql", "-X", "-q", "-A", "-t", "-v", "ON_ERROR_STOP=1", "-h", self.sockets, "-U", "postgres", "-d", database,
             "-c", statement], capture_output=True, text=True, cwd="/")
        if done.returncode:
            raise StackError(f"{statement}: {done.stderr.strip()}")
        return done.stdout.strip()

    def create(self, database: str) -> None:
        """Makes the owner's role and a database of its own, once."""
        if not self.sql(f"select 1 from pg_roles where rolname = '{OWNER}'"):
            self.sql(f"create role {OWNER} login createrole")
        if not self.sql(f"select 1 from pg_database where datname = '{database}'"):
            self.sql(f"create database {database} owner {OWNER}")

    def url(self, role: str, database: str) -> str:
        """A connection as a URL."""
        return f"postgresql://{role}@{str(self.sockets).replace('/', '%2F')}/{database}"

    def conninfo(self, role: str, database: str) -> str:
        """The same connection as libpq's key words."""
        return f"host={self.sockets} user={role} dbname={database}"
