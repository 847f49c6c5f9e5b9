"""`make bench-queue`, in a few seconds: that it still measures, and that no task is lost on the way."""

import json
import subprocess
import sys

import pytest

from stack.places import CHECKOUT


@pytest.fixture(scope="module")
def figures(tmp_path_factory):
    file = tmp_path_factory.mktemp("figures") / "queue.json"
    command = [sys.executable, "-m", "load.queue", "--short", "--profile", "debug", "--figures", str(file)]
    subprocess.run(command, cwd=CHECKOUT, check=True, timeout=600)
    return json.loads(file.read_text())


@pytest.mark.parametrize("name", ["flow 1", "flow 8"])
def test_what_is_submitted_is_claimed_and_completed(figures, name):
    flow = figures[name]
    assert flow["all_tasks"] > 0
    assert (flow["left"], flow["ended"]) == (0, flow["all_tasks"])


def test_claims_take_from_a_backlog_what_they_ask_for(figures):
    backlog = figures["backlog"]
    assert (backlog["claimed"], backlog["ended"], backlog["left"]) == (320, 320, 680)


def test_what_is_delayed_stays(figures):
    delayed = figures["delayed"]
    assert (delayed["claimed"], delayed["ended"], delayed["left"]) == (160, 160, 1140)


def test_a_steady_rate_is_kept_before_an_old_snapshot(figures):
    held = figures["held"]
    assert (held["tasks"], held["ended"], held["left"]) == (200, 200, 0)
    assert sum(window["count"] for window in held["submit_to_complete_windows"]) > 0
    assert held["dead_rows"] >= 400, "a claimed and a deleted version of each row"


def test_the_database_waits_for_the_disk(figures):
    assert (figures["fsync"], figures["synchronous_commit"]) == ("on", "on")
    assert figures["flow 1"]["used"]["wal_syncs"] >= figures["flow 1"]["all_tasks"]
