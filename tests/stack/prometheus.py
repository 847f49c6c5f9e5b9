"""Debian's Prometheus, looking at a stack."""

import json
import os
import tempfile
import urllib.parse
import urllib.request
from pathlib import Path

from .child import Child
from .places import CHECKOUT
from .ready import answers, free_port, wait_until

MONITORING = CHECKOUT / "docs" / "monitoring"


class Prometheus:
    """Asks these addresses for their metrics every second, by the name of their job, and knows our alerts."""

    def __init__(self, targets: dict[str, list[str]], every: str = "1s"):
        self.targets = targets
        self.every = every
        self.folder = tempfile.TemporaryDirectory(prefix="prometheus-")
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"

    def __enter__(self) -> "Prometheus":
        folder = Path(self.folder.name)
        jobs = [{"job_name": name, "static_configs": [{"targets": addresses}]} for name, addresses in self.targets.items()]
        configuration = {"global": {"scrape_interval": self.every, "evaluation_interval": self.every},
                         "rule_files": [str(MONITORING / "alerts.yml")], "scrape_configs": jobs}
        # What is JSON is YAML.
        (folder / "prometheus.yml").write_text(json.dumps(configuration))
        command = ["prometheus", f"--config.file={folder}/prometheus.yml", f"--storage.tsdb.path={folder}/data",
                   f"--web.listen-address=127.0.0.1:{self.port}"]
        self.child = Child("prometheus", command, folder / "log", dict(os.environ))
        self.child.start()
        wait_until("the start of Prometheus", lambda: answers(f"{self.url}/-/ready") == 200, 30, self.child)
        return self

    def __exit__(self, *_) -> None:
        self.child.stop()
        self.folder.cleanup()

    def ask(self, path: str, **parameters: str) -> dict:
        """What its API answers."""
        with urllib.request.urlopen(f"{self.url}/api/v1/{path}?{urllib.parse.urlencode(parameters)}") as answer:
            return json.load(answer)["data"]

    def query(self, expression: str) -> list[dict]:
        """The series that an expression has now."""
        return self.ask("query", query=expression)["result"]

    def value(self, expression: str) -> float | None:
        """The value of an expression with one series; None: it has none."""
        found = self.query(expression)
        return float(found[0]["value"][1]) if found else None

    def has_seen(self, times: int) -> bool:
        """Whether all targets answer and have been asked so often."""
        wanted = sum(map(len, self.targets.values()))
        seen = self.query(f"count_over_time(up[10m]) >= {times} and up == 1")
        return len(seen) == wanted
