"""Further edges beside a stack's own, and the load balancer before them."""

import signal
from dataclasses import dataclass
from pathlib import Path

from .child import Child
from .places import give
from .ready import answers, free_port, wait_until
from .service import Stack


@dataclass
class Edge:
    """One nginx of several on a stack's database and store, with a spool of its own."""

    name: str
    port: int
    spool: Path
    child: Child
    socket: Path
    metrics: str
    """Address and port where it tells what it has counted."""

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def begin(self) -> None:
        """Starts it, without waiting until it answers."""
        # An nginx that was killed leaves the name of its socket behind, and the next could not take it.
        self.socket.unlink(missing_ok=True)
        self.child.start()

    def start(self) -> None:
        self.begin()
        wait_until(f"the start of edge {self.name}", lambda: answers(f"{self.url}/healthz") == 200, 20, self.child)


@dataclass(frozen=True)
class Front:
    """A load balancer and the edges behind it, all started."""

    url: str
    edges: list[Edge]
    balancer: Child

    @property
    def spools(self) -> list[Path]:
        return [each.spool for each in self.edges]


def edge(stack: Stack, name: str, **settings: str) -> Edge:
    """An edge that is to be started. `settings` are further ones; they win."""
    port = free_port()
    runtime = give(stack.sockets / f"edge-{name}", stack.users.edge)
    spool = give(stack.plan.state / f"spool-{name}", stack.users.edge)
    own = {"EDGE_NAME": name, "PUBLIC_URL": f"http://127.0.0.1:{port}", "PORT": str(port), "RUNTIME_DIR": str(runtime), "SPOOL": str(spool),
           "EDGE_METRICS": f"127.0.0.1:{free_port()}",
           "CACHE": str(give(stack.plan.state / f"cache-{name}", stack.users.edge))}
    # What the stack's own nginx listens on besides, this one listens on elsewhere.
    if "IMGFILTER_TLS_PORT" in stack.environment:
        own |= {"TLS_PORT": str(free_port())}
    if "IMGFILTER_H2C_SOCKET" in stack.environment:
        own |= {"H2C_SOCKET": str(runtime / "h2c.sock")}
    told = own | settings
    child = nginx(stack, f"edge-{name}", "nginx-config", told)
    return Edge(name, port, spool, child, runtime / "s3.sock", told["EDGE_METRICS"])


def front(stack: Stack, *names: str) -> Front:
    """Puts edges of these names behind a load balancer, which takes the place of the stack's own nginx: what the stack
    says of its URL stays true."""
    stack.children.pop("nginx").stop()
    all_edges = [edge(stack, name, PUBLIC_URL=stack.url, TRUSTED_PROXIES="127.0.0.1") for name in names]
    for each in all_edges:
        each.start()
    before = balancer(stack, stack.plan.port, all_edges)
    before.start()
    wait_until("the balancer", lambda: answers(f"{stack.url}/readyz") == 200, 20, before)
    return Front(stack.url, all_edges, before)


def balancer(stack: Stack, port: int, edges: list[Edge]) -> Child:
    """A load balancer that is to be started."""
    listed = ",".join(f"{each.name}=127.0.0.1:{each.port}" for each in edges)
    own = {"EDGES": listed, "PORT": str(port), "RUNTIME_DIR": str(give(stack.sockets / "balancer", stack.users.edge)),
           "CACHE": str(give(stack.plan.state / "balancer", stack.users.edge))}
    if "IMGFILTER_TLS_PORT" in stack.environment:
        own |= {"TLS_PORT": str(free_port())}
    return nginx(stack, "balancer", "balancer-config", own)


def nginx(stack: Stack, name: str, command: str, settings: dict[str, str]) -> Child:
    """An nginx with the configuration that a subcommand writes under these settings."""
    more = {f"IMGFILTER_{key}": value for key, value in settings.items()}
    configuration = stack.plan.state / f"{name}.conf"
    configuration.write_text(stack.command(command, settings=more))
    child = Child(name, stack.nginx_command(configuration, "-g", "daemon off;"), stack.logs / f"{name}.log",
                  stack.environment | more, stop_signal=signal.SIGQUIT)
    stack.children[name] = child
    return child
