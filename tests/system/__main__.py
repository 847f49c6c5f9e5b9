"""Installs the package on a new Debian 12 that boots by systemd, uses it as operators do, and purges it."""

import argparse
import time
import urllib.request
from collections.abc import Callable
from pathlib import Path

from stack.places import CHECKOUT

from .machine import Machine, wait_for
from .service import Service

PICTURE = CHECKOUT / "docs" / "pictures" / "coffee.jpg"
SLOW = "resize(2400, 1600)|blur(40)|median(3)"
"""A chain that takes a machine some tenths of a second."""
SETTINGS = "/etc/imgfilter/imgfilter.env"
UNITS = ("worker", "edge", "store", "migrate")
RENEWED = ("worker", "worker@1", "edge")
"""What an upgrade starts anew; the instance is enabled before it, and gone after the purge."""


class Trial:
    """The steps, in the order an operator takes them. Each ends the trial if something is not as it should be."""

    def __init__(self, machine: Machine, packages: list[Path]) -> None:
        self.machine = machine
        self.packages = packages
        self.service = Service(machine)

    def install(self) -> str:
        """apt installs the package with what it needs, and PostgreSQL and cron of Debian."""
        for number, package in enumerate(self.packages):
            (self.machine.root / f"srv/{number}.deb").write_bytes(package.read_bytes())
        self.machine.prepare("apt-get update -q; DEBIAN_FRONTEND=noninteractive apt-get install -q -y --no-install-recommends "
                             "postgresql /srv/0.deb")
        return "with its dependencies, by apt"

    def configure(self) -> str:
        """The one file is edited."""
        wanted = {"IMGFILTER_PUBLIC_URL": self.service.url, "IMGFILTER_LISTEN": "0.0.0.0", "IMGFILTER_ANONYMOUS": "true"}
        lines = (self.machine.root / SETTINGS.lstrip("/")).read_text().splitlines()
        lines = [f"{name}={wanted[name]}" if (name := line.split("=")[0]) in wanted else line for line in lines]
        self.machine.write(SETTINGS, "\n".join(lines) + "\n")
        self.machine.boot()
        return f"{len(wanted)} lines"

    def start(self) -> str:
        """systemctl enable --now imgfilter.target."""
        begun = time.monotonic()
        self.machine.run("systemctl enable --now imgfilter.target")
        wait_for("the service to be ready", self.service.is_ready)
        for unit in UNITS:
            assert self.machine.output(f"systemctl is-active imgfilter-{unit}") == "active", unit
        assert self.machine.output("systemctl --failed --no-legend") == ""
        return f"ready after {time.monotonic() - begun:.1f} s"

    def use(self) -> str:
        """A photo goes in from outside and comes out filtered."""
        task = self.service.end_of(self.service.upload(PICTURE, "sepia(0.8)|blur(3)"))
        result = self.service.download(task)
        assert task["status"] == "done" and result[:2] == b"\xff\xd8", task
        return f"{len(result)} bytes of JPEG"

    def look_into_the_journal(self) -> str:
        """All that the worker says of a task is found by the task."""
        task = self.service.upload(PICTURE, "grayscale")
        self._all_done([task])
        said = f"journalctl -u imgfilter-worker IMGFILTER_TASK={task} IMGFILTER_LANE=fast --no-pager -o cat"
        wait_for("what was said of a task", lambda: self.machine.output(said).startswith("done "))
        return "journalctl IMGFILTER_TASK=…"

    def leave_nginx_alone(self) -> str:
        """Debian's own nginx serves what it served before."""
        self.machine.run("systemctl start nginx")
        with urllib.request.urlopen(f"http://{self.machine.address}/", timeout=10) as page:
            assert b"Welcome to nginx" in page.read()
        return "its page on port 80 is there"

    def make_a_key(self) -> str:
        """imgfilter-admin has the settings and secrets."""
        key = self.machine.output("imgfilter-admin key create --owner acme --scope upload")
        assert key.startswith("imgf_"), key
        assert "acme" in self.machine.output("imgfilter-admin key list")
        return "imgfilter-admin key create, list"

    def clean_by_timer(self) -> str:
        """The timer fires, here every few seconds."""
        folder = "/etc/systemd/system/imgfilter-cleanup.timer.d"
        self.machine.run(f"mkdir -p {folder}")
        self.machine.write(f"{folder}/often.conf", "[Timer]\nOnCalendar=*:*:0/5\nRandomizedDelaySec=0\n")
        self.machine.run("systemctl daemon-reload && systemctl restart imgfilter-cleanup.timer")
        wait_for("the timer", lambda: "removed" in self.machine.output("journalctl -u imgfilter-cleanup --no-pager -o cat"))
        self.machine.run(f"rm -r {folder} && systemctl daemon-reload && systemctl disable --now imgfilter-cleanup.timer")
        return "imgfilter-cleanup.service ran"

    def clean_by_cron(self) -> str:
        """The same by the line for cron, here every minute."""
        example = self.machine.output("cat /usr/share/doc/imgfilter/examples/imgfilter.cron")
        self.machine.write("/etc/cron.d/imgfilter", example.replace("*/10 * * * *", "* * * * *").replace("540", "540 > /run/cleaned 2>&1") + "\n")
        wait_for("cron", lambda: "removed" in self.machine.run("cat /run/cleaned", check=False).stdout, 130)
        self.machine.run("rm /etc/cron.d/imgfilter")
        return "the example's line ran"

    def kill_the_worker(self) -> str:
        """systemd brings it back, and what it had is done."""
        tasks = [self.service.upload(PICTURE, SLOW) for _ in range(6)]
        before = self._main_process("worker")
        self.machine.run("systemctl kill -s KILL imgfilter-worker")
        wait_for("another worker", lambda: self.machine.output("systemctl is-active imgfilter-worker || true") == "active"
                 and self._main_process("worker") != before)
        self._all_done(tasks)
        return f"{len(tasks)} tasks done all the same"

    def upgrade(self) -> str:
        """The next version is installed while tasks are under way and others come."""
        self.machine.run("systemctl enable --now imgfilter-worker@1")
        tasks = [self.service.upload(PICTURE, SLOW) for _ in range(20)]
        before = [self._main_process(unit) for unit in RENEWED]
        self.machine.run("DEBIAN_FRONTEND=noninteractive apt-get install -q -y --no-install-recommends /srv/1.deb")
        tasks += [self.service.upload(PICTURE, "grayscale") for _ in range(5)]
        after = [self._main_process(unit) for unit in RENEWED]
        assert all(new not in ("0", old) for old, new in zip(before, after)), (before, after)
        self._all_done(tasks)
        version = self.machine.output("dpkg-query -W -f '${Version}' imgfilter")
        return f"{len(tasks)} tasks done, {version} runs"

    def tell(self) -> str:
        """The notifier runs as a unit of its own, and reaches the database."""
        self.machine.run("systemctl enable --now imgfilter-notify")
        assert self.machine.output("systemctl is-active imgfilter-notify") == "active"
        return "imgfilter-notify.service is ready"

    def stop(self) -> str:
        """systemctl stop lets the worker finish what it has begun; the rest is done after the next start."""
        tasks = [self.service.upload(PICTURE, SLOW) for _ in range(12)]
        wait_for("a task that is begun", lambda: any(self.service.task(task)["status"] != "queued" for task in tasks))
        self.machine.run("systemctl stop imgfilter.target")
        for unit in UNITS:
            wait_for(f"the end of {unit}", lambda: self.machine.output(f"systemctl is-active imgfilter-{unit} || true") == "inactive")
        assert "drained finished=true" in self.machine.output("journalctl -u imgfilter-worker --no-pager -o cat | tail -40")
        self.machine.run("systemctl start imgfilter.target")
        wait_for("the service to be ready", self.service.is_ready)
        self._all_done(tasks)
        return f"drained; {len(tasks)} tasks done in the end"

    def purge(self) -> str:
        """apt purges it, told to take the data too: nothing is left."""
        self.machine.run("echo 'imgfilter imgfilter/remove-data boolean true' | debconf-set-selections")
        self.machine.run("DEBIAN_FRONTEND=noninteractive apt-get purge -q -y imgfilter")
        left = self.machine.output("find / -xdev -name '*imgfilter*' -not -path '/proc/*' -not -path '/var/lib/systemd/*' "
                                   "-not -path '/var/cache/apt/*' -not -path '/sys/*'")
        assert left == "", left
        assert self.machine.run("id imgfilter", check=False).returncode != 0
        databases = self.machine.output("cd / && runuser -u postgres -- psql -A -t -c 'SELECT datname FROM pg_database' "
                                        "-c \"SELECT rolname FROM pg_roles WHERE rolname ~ '^imgfilter'\"")
        assert "imgfilter" not in databases, databases
        assert self.machine.output("pgrep -x imgfilter || true") == ""
        return "no file, user, database or process"

    def _main_process(self, unit: str) -> str:
        return self.machine.output(f"systemctl show -p MainPID --value imgfilter-{unit}")

    def _all_done(self, tasks: list[str]) -> None:
        ends = [self.service.end_of(task, 120)["status"] for task in tasks]
        assert set(ends) == {"done"}, ends


def steps(trial: Trial) -> list[Callable[[], str]]:
    """In their order."""
    return [trial.install, trial.configure, trial.start, trial.use, trial.look_into_the_journal, trial.leave_nginx_alone,
            trial.make_a_key, trial.clean_by_timer, trial.clean_by_cron, trial.kill_the_worker, trial.tell, trial.upgrade, trial.stop, trial.purge]


def main() -> None:
    parser = argparse.ArgumentParser(prog="system", description=__doc__)
    parser.add_argument("packages", type=Path, nargs=2, metavar="PACKAGE", help="the package, and the next version of it")
    options = parser.parse_args()
    folder = CHECKOUT / "target" / "system"
    machine = Machine(folder, "imgf")
    try:
        for step in steps(Trial(machine, options.packages)):
            begun = time.monotonic()
            said = step()
            print(f"{step.__name__.replace('_', ' '):20} {time.monotonic() - begun:6.1f} s  {said}", flush=True)
    except BaseException:
        print(machine.run("journalctl -u 'imgfilter*' --no-pager -n 40", check=False).stdout if machine._leader else "")
        raise
    finally:
        machine.end()


if __name__ == "__main__":
    main()
