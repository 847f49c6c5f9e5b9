"""A Debian that boots: a folder made by debootstrap, run by systemd-nspawn in a network of its own."""

import secrets
import shutil
import subprocess
import time
from collections.abc import Callable
from pathlib import Path

MIRROR = "http://deb.debian.org/debian"
SOURCES = f"""deb {MIRROR} bookworm main
deb {MIRROR} bookworm-updates main
deb http://deb.debian.org/debian-security bookworm-security main
"""
BASE_PACKAGES = "systemd,systemd-sysv,dbus,ca-certificates,procps,cron,debconf"
PATIENCE = 60
"""Seconds that something may take which is waited for."""


def wait_for(what: str, holds: Callable[[], object], seconds: float = PATIENCE) -> object:
    """What `holds` gives, as soon as it is true."""
    end = time.monotonic() + seconds
    while not (found := holds()):
        if time.monotonic() > end:
            raise SystemExit(f"waited {seconds:.0f} s in vain for {what}")
        time.sleep(0.2)
    return found


def base(folder: Path) -> Path:
    """The Debian that machines are copies of; made once."""
    ready = folder / "base"
    if not ready.exists():
        making = folder / "base.new"
        shutil.rmtree(making, ignore_errors=True)
        making.mkdir(parents=True)
        subprocess.run(["debootstrap", "--variant=minbase", f"--include={BASE_PACKAGES}", "bookworm", making, MIRROR], check=True)
        (making / "etc/apt/sources.list").write_text(SOURCES)
        making.rename(ready)
    return ready


class Machine:
    """One of them. Addresses are of a net that no other machine of this kind has just taken."""

    def __init__(self, folder: Path, name: str) -> None:
        self.name = name
        self.root = folder / name
        net = f"10.231.{secrets.randbelow(250)}"
        self.outside, self.address = f"{net}.1", f"{net}.2"
        shutil.rmtree(self.root, ignore_errors=True)
        subprocess.run(["cp", "-a", base(folder), self.root], check=True)
        self._nspawn: subprocess.Popen | None = None
        self._leader = 0

    def _command(self, *more: str) -> list[str]:
        return ["systemd-nspawn", "--register=no", "--keep-unit", "--quiet", "-D", str(self.root), f"--machine={self.name}", *more]

    def prepare(self, script: str) -> None:
        """Runs a script in it before it boots, with this machine's network."""
        log = self.root.parent / f"{self.name}-prepare.log"
        with log.open("w") as file:
            done = subprocess.run(self._command("--resolv-conf=copy-host", "sh", "-ec", script), stdout=file, stderr=subprocess.STDOUT)
        if done.returncode:
            raise SystemExit(f"the machine could not be prepared:\n{log.read_text()[-3000:]}")

    def boot(self) -> None:
        """Starts it, and gives it its address."""
        log = (self.root.parent / f"{self.name}-console.log").open("w")
        command = self._command("--boot", "--network-veth", "--console=pipe")
        self._nspawn = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=log, stderr=subprocess.STDOUT)
        children = Path(f"/proc/{self._nspawn.pid}/task/{self._nspawn.pid}/children")
        self._leader = int(str(wait_for("the machine's first process", lambda: children.read_text().split())).strip("[]'"))
        wait_for("the machine's system bus", lambda: self.run("test -S /run/dbus/system_bus_socket", check=False).returncode == 0)
        here = f"ve-{self.name}"
        for command in (f"ip address add {self.outside}/30 dev {here}", f"ip link set {here} up"):
            subprocess.run(command.split(), check=True)
        self.run(f"ip address add {self.address}/30 dev host0 && ip link set host0 up")
        wait_for("the end of the machine's start", lambda: self.output("systemctl is-system-running || true") in ("running", "degraded"))

    def run(self, script: str, check: bool = True, seconds: float = 300) -> subprocess.CompletedProcess:
        """Runs a script in it."""
        command = ["nsenter", "-t", str(self._leader), "-m", "-u", "-i", "-n", "-p", "-C", "--", "sh", "-c", script]
        done = subprocess.run(command, capture_output=True, text=True, timeout=seconds)
        if check and done.returncode:
            raise SystemExit(f"{script!r} failed with {done.returncode}:\n{done.stdout[-2000:]}{done.stderr[-2000:]}")
        return done

    def output(self, script: str) -> str:
        """What a script prints."""
        return self.run(script).stdout.strip()

    def write(self, path: str, text: str) -> None:
        """A file in it."""
        (self.root / path.lstrip("/")).write_text(text)

    def end(self) -> None:
        """Stops it and removes its files."""
        if self._nspawn is not None:
            # systemd's signal for an orderly halt
            if self._leader:
                subprocess.run(["kill", "-s", "RTMIN+4", str(self._leader)], check=False)
            try:
                self._nspawn.wait(90)
            except subprocess.TimeoutExpired:
                self._nspawn.kill()
                self._nspawn.wait()
        shutil.rmtree(self.root, ignore_errors=True)
