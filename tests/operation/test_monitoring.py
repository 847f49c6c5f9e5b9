"""The dashboard and the alerts ask for what the running service tells, and what to do about each alert is written down."""

import json
import re
import subprocess
import time

import pytest

from stack.places import CHECKOUT
from stack.prometheus import MONITORING, Prometheus
from stack.ready import wait_until

ALERTS = MONITORING / "alerts.yml"
COMPARISON = re.compile(r" (==|!=|>=|<=|>|<) (?!bool)")


def rules() -> list[dict]:
    """The alerts, as Prometheus reads them."""
    import yaml

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
    sections = set(re.findall(r"^## (\w+)$", (CHECKOUT / "docs/ALERTS.md").read_text(), re.MULTILINE))
    assert sections == {rule["alert"] for rule in rules()}
    for rule in rules():
        assert rule["annotations"]["runbook"] == f"docs/ALERTS.md#{rule['alert'].lower()}"
        assert rule["labels"]["severity"] in ("page", "ticket")
