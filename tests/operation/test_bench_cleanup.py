"""`make bench-cleanup`, in some seconds: that it still measures, that a cleanup may be killed, and that two share the work."""

import json
import subprocess
import sys

import pytest

from stack.places import CHECKOUT


@pytest.fixture(scope="module")
def figures(tmp_path_factory):
    file = tmp_path_factory.mktemp("figures") / "cleanup.json"
    command = [sys.executable, "-m", "load.cleanup", "--short", "--profile", "debug", "--figures", str(file)]
    subprocess.run(command, cwd=CHECKOUT, check=True, timeout=600)
    return json.loads(file.read_text())


def test_what_has_ended_goes_and_what_lives_stays(figures):
    assert figures["wrong"] == []
    assert (figures["links"], figures["living"]) == (3960, 40)


def test_nothing_is_left_of_those_that_were_killed(figures):
    assert len(figures["links_before_each_kill"]) == 5
    assert (figures["last"]["links"], figures["last"]["leased"], figures["last"]["refused"]) == (0, 0, 0)


def test_tasks_went_on(figures):
    assert figures["claim_ms_before"]["count"] == figures["claim_ms_during"]["count"] == 8
