"""`make bench-events`, in a few seconds: that it still measures, and that every client hears of the end of its task."""

import json
import subprocess
import sys

import pytest

from stack.places import CHECKOUT

STREAMS = 40


@pytest.fixture(scope="module")
def figures(tmp_path_factory):
    file = tmp_path_factory.mktemp("figures") / "events.json"
    command = [sys.executable, "-m", "load.events", "--profile", "debug", "--figures", str(file), "--idle", "2", "--rate", "40",
               "--streams", str(STREAMS)]
    subprocess.run(command, cwd=CHECKOUT, check=True, timeout=300)
    return json.loads(file.read_text())


def test_everybody_hears_of_the_end(figures):
    assert figures["tasks_end"]["done_ms"]["events"] == STREAMS
    assert figures["tasks_end"]["begun_ms"]["events"] <= STREAMS


def test_questions_are_asked_while_somebody_watches(figures):
    assert figures["nobody_watches"]["questions_per_second"] == 0
    assert figures["nothing_happens"]["questions_per_second"] > 0


def test_memory_and_processor_are_measured(figures):
    assert figures["memory_mib"]["with_streams"] > 0
    assert set(figures["nothing_happens"]["cpu_percent_of_a_core"]) == {"nginx", "postgresql"}
