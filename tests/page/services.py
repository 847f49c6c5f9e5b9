"""What the pages are tested on: a stack, and the same service once more behind a path of another server."""

import json
import shutil
import signal
import subprocess
import tempfile
from pathlib import Path

from receivers import borrowed
from receivers.everyone import Everyone
from stack import edges, sample
from stack.child import Child
from stack.places import CHECKOUT, Build, give
from stack.ready import answers, free_port, wait_until
from stack.service import Plan, Stack

HERE = Path(__file__).resolve().parent
PREFIX = "/tools/pictures"
"""Where the second service lies on its server."""

# No file is waited for longer than a test would be; previews come and go quickly.
SETTINGS = {"IMGFILTER_POLL": "100ms", "IMGFILTER_ADDRESS_RATE": "0"}

# A server that has other things to offer, and passes on what lies under the prefix without it.
FRONT = """
daemon off;
pid "{folder}/front.pid";
error_log stderr notice;
events {{ worker_connections 512; }}
http {{
    access_log off;
    client_body_temp_path "{folder}/front-body";
    proxy_temp_path "{folder}/front-proxy";
    fastcgi_temp_path "{folder}/front-fastcgi";
    uwsgi_temp_path "{folder}/front-uwsgi";
    scgi_temp_path "{folder}/front-scgi";
    server {{
        listen 127.0.0.1:{port};
        client_max_body_size 0;
        location {prefix}/ {{
            proxy_pass http://127.0.0.1:{target}/;
            proxy_http_version 1.1;
            proxy_set_header Connection "";
            proxy_set_header Host $http_host;
            proxy_buffering off;
            proxy_request_buffering off;
        }}
        location / {{ return 404 "another site\\n"; }}
    }}
}}
"""


class Services:
    """Started by `with`, ended with it."""

    def __init__(self, profile: str = "debug"):
        self.build = Build.of(profile)

    def __enter__(self) -> "Services":
        subprocess.run([CHECKOUT / "nginx" / "pages" / "fill", self.build.program], check=True)
        self.libraries = borrowed.node("page", HERE)
        self.state = Path(tempfile.mkdtemp(prefix="imgfilter-page-", dir="/tmp"))
        self.state.chmod(0o711)
        self.everyone = Everyone(give(self.state / "everyone", None))
        self.everyone.__enter__()
        self.stack = Stack(Plan(self.build, self.state, free_port(), lasting=False, settings=SETTINGS | self.everyone.settings))
        try:
            self.stack.start()
            self.prefixed = self._behind_a_path()
            self.keyed = self._for_keys_alone()
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_) -> None:
        self.stack.stop()
        self.everyone.__exit__()
        shutil.rmtree(self.state)

    def _behind_a_path(self) -> str:
        """A further edge, and the server before it; its URL."""
        port = free_port()
        url = f"http://127.0.0.1:{port}{PREFIX}"
        edge = edges.edge(self.stack, "prefixed", PUBLIC_URL=url, TRUSTED_PROXIES="127.0.0.1")
        edge.start()
        configuration = self.state / "front.conf"
        configuration.write_text(FRONT.format(folder=self.state, port=port, target=edge.port, prefix=PREFIX))
        front = Child("front", self.stack.nginx_command(configuration), self.stack.logs / "front.log", self.stack.environment,
                      stop_signal=signal.SIGQUIT)
        self.stack.children["front"] = front
        front.start()
        wait_until("the service behind a path", lambda: answers(f"{url}/readyz") == 200, 20, front)
        return url

    def _for_keys_alone(self) -> str:
        """A further edge, which takes nothing without a key; its URL."""
        edge = edges.edge(self.stack, "keyed", ANONYMOUS="false")
        edge.start()
        return edge.url

    def _key(self) -> str:
        words = [word for scope in ("upload", "notify", "push", "email") for word in ("--scope", scope)]
        return json.loads(self.stack.command("key", "create", "--owner", "person", *words, "--json"))["key"]

    def environment(self) -> dict[str, str]:
        """What the tests are told."""
        failures = borrowed.HOME.parent / "page-failures"
        shutil.rmtree(failures, ignore_errors=True)
        return {
            "PAGE_URL": self.stack.url,
            "PAGE_PREFIXED_URL": self.prefixed,
            "PAGE_KEYED_URL": self.keyed,
            "PAGE_KEY": self._key(),
            "PAGE_PUSH_ENDPOINT": self.everyone.push.endpoint("person"),
            "PAGE_PHOTO": str(sample.photo(self.state)),
            "PAGE_WORK": str(self.state),
            "PAGE_LIBRARIES": str(self.libraries),
            "PAGE_FAILURES": str(failures),
        }
