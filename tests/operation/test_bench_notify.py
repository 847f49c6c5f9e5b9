"""`make bench-notify` and `make chaos-notify`, in some seconds each: that nobody who misbehaves keeps others waiting, and that
nothing is lost, or said twice to a telephone, while those who tell are killed."""

import json
import subprocess
import sys

import pytest

from stack.places import CHECKOUT


def figures(folder, program: str) -> dict:
    file = folder / "notify.json"
    command = [sys.executable, "-m", f"load.{program}", "--short", "--profile", "debug", "--figures", str(file)]
    done = subprocess.run(command, cwd=CHECKOUT, timeout=600, capture_output=True, text=True)
    print(done.stdout, done.stderr)
    assert done.returncode == 0, done.stderr
    return json.loads(file.read_text())


def test_each_misbehaviour_ends_as_it_should_and_others_are_told(tmp_path):
    found = figures(tmp_path, "notify")
    assert found["wrong"] == [] and found["healthy"] == 500


@pytest.fixture(scope="module")
def chaos(tmp_path_factory):
    return figures(tmp_path_factory.mktemp("chaos"), "chaos_notify")


def test_all_are_told_though_those_who_tell_are_killed(chaos):
    assert chaos["tasks"] == 200 and set(chaos["wrong"].values()) == {0}
    assert chaos["heard"]["webhook"] == chaos["heard"]["email"] == chaos["heard"]["push"] == 200


def test_a_telephone_rings_once_or_its_message_is_unknown(chaos):
    delivered, unknown = (chaos["deliveries"].get(f"sms {status}", 0) for status in ("delivered", "unknown"))
    assert delivered + unknown == 200 and delivered > 0
    assert "sms" not in chaos["heard more than once"]
