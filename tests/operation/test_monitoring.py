"""The dashboard and the alerts ask for what the running service tells, and what to do about each alert is written down."""

import json
import re
import shutil
import subprocess
import tempfile
from pathlib import Path

import pytest
import yaml
from e2e.client import Client, curl
from e2e.pictures import RAIN

from stack.listener import Listener
from stack.places import CHECKOUT, Build
from stack.prometheus import MONITORING, Prometheus
from stack.ready import free_port, wait_until
from stack.service import Plan, Stack

ALERTS = MONITORING / "alerts.yml"
COMPARISON = re.compile(r" (==|!=|>=|<=|>|<) (?!bool)")


def rules() -> list[dict]:
    """The alerts, as Prometheus reads them."""
    return [rule for group in yaml.safe_load(ALERTS.read_text())["groups"] for rule in group["rules"]]


def expressions() -> dict[str, str]:
    """Every expression of dashboard and alerts. A comparison of an alert says 0 or 1 here: that of a service which is well
    would have no data."""
    found = {f"alert {rule['alert']}": COMPARISON.sub(r" \1 bool ", rule["expr"]) for rule in rules()}
    for panel in json.loads((MONITORING / "dashboard.json").read_text())["panels"]:
        for target in panel.get("targets", []):
            found[f"panel {panel['title']} {target['refId']}"] = target["expr"].replace("$__rate_interval", "1m")
    return found


def promtool(*words: object) -> None:
    done = subprocess.run(["promtool", *map(str, words)], capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr


def test_the_rules_are_rules():
    promtool("check", "rules", ALERTS)


def test_the_example_of_a_configuration_is_one():
    promtool("check", "config", MONITORING / "prometheus.yml")


def test_every_alert_fires_when_it_should():
    promtool("test", "rules", MONITORING / "alerts_test.yml")
    tested = set(re.findall(r"alertname: (\w+)", (MONITORING / "alerts_test.yml").read_text()))
    assert tested == {rule["alert"] for rule in rules()}


def test_for_every_alert_there_is_something_to_do():
    sections = set(re.findall(r"^## (\w+)$", (CHECKOUT / "docs/operations/ALERTS.md").read_text(), re.MULTILINE))
    assert sections == {rule["alert"] for rule in rules()}
    for rule in rules():
        assert rule["annotations"]["runbook"] == f"docs/operations/ALERTS.md#{rule['alert'].lower()}"
        assert rule["labels"]["severity"] in ("page", "ticket")


@pytest.fixture(scope="module")
def watched():
    """A service that has done something of everything, and the Prometheus that has seen it."""
    state = Path(tempfile.mkdtemp(prefix="imgfilter-watched-", dir="/tmp"))
    state.chmod(0o711)
    settings = {"IMGFILTER_ANONYMOUS_WEBHOOK": "true", "IMGFILTER_WEBHOOK_INSECURE": "true"}
    stack = Stack(Plan(Build.of("debug"), state, free_port(), lasting=False, settings=settings))
    try:
        stack.start()
        with Prometheus(stack.jobs()) as prometheus:
            wait_until("the first looks of Prometheus", lambda: prometheus.has_seen(2), 30)
            do_something_of_everything(stack)
            seen = prometheus.value("max(count_over_time(up[10m]))")
            wait_until("looks at what was done", lambda: prometheus.has_seen(int(seen) + 3), 30)
            yield prometheus
    finally:
        stack.stop()
        shutil.rmtree(state)


def do_something_of_everything(stack: Stack) -> None:
    """Uploads in both lanes, an equation, refusals, downloads, a notification."""
    client = Client(stack.url)
    with Listener() as listener:
        task = client.wait(client.accepted("filters=blur(3)|equation(r = g*b)", f"webhook={listener.url}", image=RAIN))
        listener.wait(1)
    slow = client.wait(client.accepted("filters=median(8)|median(8)", image=RAIN))
    assert task["status"] == slow["status"] == "done"
    assert client.upload("filters=blurr(3)", image=RAIN).status == 400
    for _ in range(2):
        assert curl(task["results"][0]["url"]).status == 200


@pytest.mark.parametrize("name", expressions())
def test_every_expression_has_data(watched: Prometheus, name: str):
    assert watched.query(expressions()[name]), expressions()[name]
