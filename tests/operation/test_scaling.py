"""Workers of one machine are started and drained as many as are wanted: `scale-workers`, before a systemd that remembers."""

import http.server
import os
import subprocess
import threading

import pytest

from stack.places import CHECKOUT

SCRIPT = CHECKOUT / "systemd" / "debian" / "scale-workers"

# Each unit that runs is a file; what was asked for is a line.
SYSTEMCTL = """#!/bin/sh
echo "$*" >> "$STATE/asked"
[ -z "${BROKEN:-}" ] || { echo "Failed to connect to bus" >&2; exit 1; }
for unit; do :; done
case $1 in
    start) touch "$STATE/$unit" ;;
    stop) rm "$STATE/$unit" ;;
    show) if [ -e "$STATE/$unit" ]; then echo active; else echo inactive; fi ;;
    *) exit 1 ;;
esac
"""


class Machine:
    """A machine with `scale-workers`, and a worker that tells how many are wanted."""

    def __init__(self, folder, url):
        self.folder, self.url, self.said = folder, url, ""
        (folder / "state").mkdir()
        (folder / "run").mkdir()
        systemctl = folder / "bin" / "systemctl"
        systemctl.parent.mkdir()
        systemctl.write_text(SYSTEMCTL)
        systemctl.chmod(0o755)

    def scale(self, wanted, age=1.0, **settings: str) -> int:
        """One run of the script. Returns its exit code."""
        self.said = (f"# HELP imgfilter_workers_wanted How many.\nimgfilter_workers_wanted {wanted}\n"
                     f"imgfilter_queue_ready{{lane=\"fast\"}} 9\nimgfilter_state_age_seconds {age}\n")
        environment = {"PATH": f"{self.folder / 'bin'}:{os.environ['PATH']}", "STATE": str(self.folder / "state"),
                       "RUNTIME_DIRECTORY": str(self.folder / "run"), "SCALE_METRICS": self.url,
                       "IMGFILTER_WORKER_THREADS": "2"} | settings
        return subprocess.run([SCRIPT], env=environment, capture_output=True, text=True, timeout=30).returncode

    @property
    def instances(self) -> list[int]:
        return sorted(int(file.name.split("@")[1].split(".")[0]) for file in (self.folder / "state").glob("imgfilter-worker@*"))

    def asked(self, word: str) -> list[str]:
        lines = (self.folder / "state" / "asked").read_text().splitlines()
        return [line for line in lines if line.startswith(word)]


@pytest.fixture
def machine(tmp_path):
    class Metrics(http.server.BaseHTTPRequestHandler):
        def do_GET(self):
            body = made.said.encode()
            self.send_response(200 if self.path == "/metrics" else 404)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_):
            pass

    server = http.server.HTTPServer(("127.0.0.1", 0), Metrics)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    made = Machine(tmp_path, f"http://127.0.0.1:{server.server_port}/metrics")
    yield made
    server.shutdown()
    thread.join()
    server.server_close()


def test_more_are_started_at_once(machine):
    assert machine.scale(3) == 0
    assert machine.instances == [1, 2], "imgfilter-worker.service is the third"
    assert all("--no-block" in line for line in machine.asked("start"))
    assert machine.scale(3) == 0 and machine.instances == [1, 2]
    assert len(machine.asked("start")) == 2, "what runs is not started again"


def test_the_machine_has_a_limit(machine):
    machine.scale(40)
    assert machine.instances == [1, 2, 3]
    machine.scale(40, SCALE_MOST="10")
    assert machine.instances == list(range(1, 10))


def test_several_machines_share_the_work(machine):
    machine.scale(7, SCALE_MACHINES="3")
    assert machine.instances == [1, 2], "three each"


def test_fewer_are_drained_one_by_one_and_late(machine):
    machine.scale(4)
    for _ in range(2):
        machine.scale(1, SCALE_PATIENCE="3")
    assert machine.instances == [1, 2, 3], "a pause of two looks is none"
    machine.scale(1, SCALE_PATIENCE="3")
    assert machine.instances == [1, 2], "the last one is asked to end"
    assert machine.asked("stop") == ["stop --no-block imgfilter-worker@3.service"]
    for _ in range(6):
        machine.scale(1, SCALE_PATIENCE="3")
    assert machine.instances == []
    machine.scale(1, SCALE_PATIENCE="3")
    assert len(machine.asked("stop")) == 3, "the first worker stays"


def test_a_rush_in_between_begins_the_wait_anew(machine):
    machine.scale(3)
    for wanted in (2, 2, 3, 2, 2):
        machine.scale(wanted, SCALE_PATIENCE="3")
    assert machine.instances == [1, 2]


def test_what_is_not_known_changes_nothing(machine):
    machine.scale(3)
    before = machine.asked("")
    assert machine.scale("NaN") == 1
    assert machine.scale(1, age=300.0) == 1, "nobody has counted for five minutes"
    assert machine.scale(9, SCALE_METRICS=f"{machine.url}/elsewhere") != 0
    assert machine.scale(9, SCALE_METRICS="http://127.0.0.1:1/metrics") != 0
    assert machine.instances == [1, 2]
    assert machine.asked("") == before


def test_a_systemd_that_does_not_answer_changes_nothing(machine):
    machine.scale(2)
    assert machine.scale(4, BROKEN="1") == 1
    assert machine.instances == [1] and len(machine.asked("start")) == 1, "not known is not stopped"


@pytest.mark.parametrize("settings", [
    {"SCALE_MOST": "0"}, {"SCALE_MOST": "11"}, {"SCALE_MOST": "-1"}, {"SCALE_MOST": "all"}, {"SCALE_MACHINES": "0"}, {"SCALE_MACHINES": "1.5"},
    {"SCALE_PATIENCE": "0"}, {"IMGFILTER_WORKER_THREADS": ""}, {"IMGFILTER_WORKER_THREADS": "0"},
], ids=lambda settings: " ".join(map("=".join, settings.items())))
def test_settings_that_cannot_be_meant_are_refused(machine, settings):
    assert machine.scale(3, **settings) == 2
    assert machine.instances == [] and not (machine.folder / "state" / "asked").exists()
