"""An nginx without any of ours, to be measured beside the edge."""

from pathlib import Path

from stack.child import Child
from stack.places import give
from stack.ready import accepts, free_port, wait_until
from stack.service import Stack

CONFIGURATION = """
worker_processes auto;
worker_rlimit_nofile 16384;
pid {folder}/plain.pid;
error_log stderr notice;
{user}
events {{ worker_connections 4096; }}
http {{
    access_log off;
    sendfile on;
    tcp_nopush on;
    {http}
    server {{
        listen 127.0.0.1:{port};
        {server}
    }}
}}
"""


def folder_of(stack: Stack) -> Path:
    """Its own, which its workers may read and write."""
    return give(stack.plan.state / "plain", stack.users.edge, 0o755)


def start(stack: Stack, server: str, http: str = "") -> tuple[Child, str]:
    """Starts it with these directives, and gives its URL."""
    folder, port = folder_of(stack), free_port()
    user = f"user {stack.users.edge};" if stack.users.edge else ""
    configuration = folder / "nginx.conf"
    configuration.write_text(CONFIGURATION.format(folder=folder, port=port, user=user, http=http, server=server))
    child = Child("plain", stack.nginx_command(configuration, "-g", "daemon off;"), stack.logs / "plain.log", stack.environment)
    child.start()
    stack.children["plain"] = child
    wait_until("the start of the other nginx", lambda: accepts(port), 10, child)
    return child, f"http://127.0.0.1:{port}"
