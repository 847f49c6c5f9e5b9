"""The service itself: what is started, in which order, with which settings."""

import os
import shutil
import signal
import subprocess
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

from . import keys
from .child import Child
from .database import OWNER, Cluster
from .installation import install
from .places import Build, StackError, Users, give, socket_folder
from .ready import Notices, accepts, answers, free_port, wait_until

DATABASE = "imgfilter"


@dataclass
class Plan:
    """What a stack is made of."""

    build: Build
    state: Path
    port: int
    lasting: bool = True
    settings: dict[str, str] = field(default_factory=dict)
    """Further `IMGFILTER_…` settings; they win over the stack's own."""


class Stack:
    """PostgreSQL, store, nginx and worker, each of which can be stopped, killed and started on its own."""

    def __init__(self, plan: Plan):
        self.plan = plan
        self.users = Users.choose()
        self.sockets = socket_folder()
        self.logs = give(plan.state / "log", None, 0o755)
        self.store_port = free_port()
        self.cluster = Cluster(plan.state / "postgresql", self.sockets / "pg", self.logs / "postgresql.log",
                               self.users, plan.lasting)
        self.installed = plan.state / "installed"
        self.secrets = keys.make(plan.state / "secrets")
        self.environment = self._environment()
        self.children: dict[str, Child] = {"postgresql": self.cluster.child}
        self.metrics: dict[str, str] = {}
        """Where each worker is asked for its metrics."""

    @property
    def url(self) -> str:
        return self.environment["IMGFILTER_PUBLIC_URL"]

    def _environment(self) -> dict[str, str]:
        """What every process of the stack is told; nothing is inherited but the path and the language."""
        plan, cluster, edge = self.plan, self.cluster, self.users.edge
        runtime = give(self.sockets / "run", edge)
        settings = {
            "PUBLIC_URL": f"http://127.0.0.1:{plan.port}",
            "PORT": str(plan.port),
            "RUNTIME_DIR": str(runtime),
            "SPOOL": str(give(plan.state / "spool", edge)),
            "CACHE": str(give(plan.state / "cache", edge)),
            # A machine for development may have a small disk.
            "SPOOL_RESERVE": str(16 << 20),
            "LUA_DIR": str(self.installed / "lua"),
            "NATIVE_LIBRARY": str(self.installed / plan.build.native_library.name),
            "UPLOAD_MODULE": str(self.installed / plan.build.upload_module.name),
            "ASSETS": str(self.installed / "assets"),
            "PRESETS": str(self.installed / "presets"),
            "NGINX_DIR": str(self.installed / "nginx"),
            "ANONYMOUS": "true",
            "DATABASE_URL": cluster.url("imgfilter_worker", DATABASE),
            "EDGE_DATABASE_URL": cluster.conninfo("imgfilter_edge", DATABASE),
            "MIGRATE_DATABASE_URL": cluster.url(OWNER, DATABASE),
            "S3_ACCESS_KEY": "imgfilter-development",
            "S3_ENDPOINT": f"http://127.0.0.1:{self.store_port}",
            "EDGE_METRICS": f"127.0.0.1:{free_port()}",
            "METRICS": f"127.0.0.1:{free_port()}",
            "NOTIFY_METRICS": "",
        }
        if edge:
            settings["NGINX_USER"] = edge
        own = {f"IMGFILTER_{name}": value for name, value in settings.items()}
        secret = {f"IMGFILTER_{name}_FILE": str(file) for name, file in self.secrets.items()}
        base = {"PATH": os.environ.get("PATH", os.defpath), "LANG": "C.UTF-8"}
        return base | own | secret | plan.settings

    def start(self) -> None:
        """Starts everything in order and returns when an upload would be accepted."""
        self.plan.build.check()
        if accepts(self.plan.port):
            raise StackError(f"port {self.plan.port} is in use: choose another with IMGFILTER_PORT")
        self.cluster.start()
        self.cluster.create(DATABASE)
        self.command("migrate")
        self.start_store()
        self.start_nginx()
        self.start_worker()
        wait_until("the edge's readiness", lambda: answers(f"{self.url}/readyz") == 200, 30, self.children["nginx"])

    def start_store(self) -> None:
        folder = give(self.plan.state / "store", None)
        command = [self.plan.build.program, "store", "--listen", f"127.0.0.1:{self.store_port}", "--root", folder]
        child = self._spawn("store", command)
        wait_until("the start of the store", lambda: accepts(self.store_port), 20, child)

    def start_nginx(self) -> None:
        install(self.plan.build, self.installed)
        # An nginx that was killed leaves the names of its sockets behind, and the next could not take them.
        for left in (Path(self.environment["IMGFILTER_RUNTIME_DIR"], "s3.sock"), self.environment.get("IMGFILTER_H2C_SOCKET")):
            if left:
                Path(left).unlink(missing_ok=True)
        configuration = self.plan.state / "nginx.conf"
        configuration.write_text(self.command("nginx-config"))
        error_log = self.logs / "nginx.log"
        check = subprocess.run(self.nginx_command(configuration, "-t", "-q"), env=self.environment, capture_output=True, text=True)
        if check.returncode:
            raise StackError(f"nginx refuses its configuration:\n{check.stderr}")
        command = self.nginx_command(configuration, "-g", "daemon off;")
        child = self._spawn("nginx", command, error_log, stop_signal=signal.SIGQUIT, patience=10.0)
        wait_until("the start of nginx", lambda: answers(f"{self.url}/healthz") == 200, 20, child)

    def nginx_command(self, configuration: Path, *more: str) -> list[str]:
        """nginx with the generated configuration, its own messages on standard error."""
        nginx = shutil.which("nginx", path="/usr/sbin:/usr/local/sbin:/usr/bin")
        if nginx is None:
            raise StackError("nginx is missing: run `make deps` first")
        return [nginx, "-e", "stderr", "-p", str(self.plan.state), "-c", str(configuration), *more]

    def start_worker(self, name: str = "worker", settings: dict[str, str] | None = None) -> None:
        """Starts a worker and waits for the notification that systemd would wait for."""
        with Notices(self.sockets / f"{name}.notify") as notices:
            environment = {"NOTIFY_SOCKET": str(notices.path), **(settings or {})}
            if name != "worker":
                # the stack's port is that of its first worker
                environment.setdefault("IMGFILTER_METRICS", f"127.0.0.1:{free_port()}")
            child = self._spawn(name, [self.plan.build.program, "worker"], more=environment, patience=40.0)
            wait_until(f"the start of the {name}", notices.ready, 30, child)
        address = environment.get("IMGFILTER_METRICS", self.environment["IMGFILTER_METRICS"])
        self.metrics[name] = f"http://{address}/metrics"

    def _spawn(self, name: str, command: list, log: Path | None = None, more: dict | None = None,
               stop_signal: signal.Signals = signal.SIGTERM, patience: float = 15.0) -> Child:
        child = Child(name, command, log or self.logs / f"{name}.log", self.environment | (more or {}),
                      stop_signal=stop_signal, patience=patience)
        child.start()
        self.children[name] = child
        return child

    def command(self, *words: str, settings: dict[str, str] | None = None) -> str:
        """Runs one of the program's subcommands to its end, with the settings of this stack."""
        done = subprocess.run([str(self.plan.build.program), *words], env=self.environment | (settings or {}),
                              capture_output=True, text=True, timeout=120, cwd="/")
        if done.returncode:
            raise StackError(f"imgfilter {' '.join(words)} ended with {done.returncode}:\n{done.stdout}{done.stderr}")
        return done.stdout

    def jobs(self) -> dict[str, list[str]]:
        """Where Prometheus finds this stack, by the names that its jobs have."""
        workers = [urlsplit(url).netloc for url in self.metrics.values()]
        return {"imgfilter-worker": workers, "imgfilter-edge": [self.environment["IMGFILTER_EDGE_METRICS"]]}

    def dead(self) -> Child | None:
        """A child that ended though nobody asked it to."""
        return next((child for child in self.children.values() if not child.alive), None)

    def stop(self) -> list[Child]:
        """Ends all, the last started first, and takes the sockets away. Returns those that had to be killed."""
        stubborn = [child for child in reversed(self.children.values()) if not child.stop()]
        shutil.rmtree(self.sockets, ignore_errors=True)
        return stubborn
