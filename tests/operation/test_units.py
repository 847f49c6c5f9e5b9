"""The systemd units are right in systemd's own eyes, and as strict as they say."""

import re
import shutil
import subprocess
import tomllib

import pytest

from stack.places import CHECKOUT, Build

UNITS = CHECKOUT / "systemd"

# The exposure that `systemd-analyze security` may find, of 10; a unit without any hardening has 9.6.
EXPOSURE = {"imgfilter-worker": 1.5, "imgfilter-worker@1": 1.5, "imgfilter-cleanup": 1.5, "imgfilter-notify": 1.5,
            "imgfilter-store": 1.5, "imgfilter-scale": 2.0}


@pytest.fixture(scope="module")
def root(tmp_path_factory):
    """The units as installed, with the program that was built in the packaged one's place."""
    folder = tmp_path_factory.mktemp("systemd")
    shutil.copytree(UNITS, folder, dirs_exist_ok=True)
    program = str(Build.of("debug").program)
    shutil.copy(folder / "imgfilter-worker.service", folder / "imgfilter-worker@.service.d" / "10-worker.conf")
    for file in [*folder.glob("*.*"), *folder.glob("*.d/*.conf")]:
        if file.is_dir():
            continue
        text = file.read_text().replace("/usr/bin/imgfilter", program)
        for name in ("local-database", "replace-edge", "scale-workers"):
            text = text.replace(f"/usr/lib/imgfilter/{name}", str(UNITS / "debian" / name))
        file.write_text(text)
    return folder


def units():
    return sorted(file.name for pattern in ("*.service", "*.timer", "*.target") for file in UNITS.glob(pattern))


@pytest.mark.parametrize("unit", units())
def test_unit_is_clean(root, unit):
    done = subprocess.run(["systemd-analyze", "verify", "--man=no", "--recursive-errors=no", root / unit], capture_output=True, text=True,
                          env={"SYSTEMD_UNIT_PATH": f"{root}:"})
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


@pytest.mark.parametrize("unit", EXPOSURE)
def test_unit_exposes_little(root, unit):
    threshold = str(int(EXPOSURE[unit] * 10))
    file = root / f"{unit}.service"
    done = subprocess.run(["systemd-analyze", "security", "--offline=yes", "--no-pager", f"--threshold={threshold}", file],
                          capture_output=True, text=True)
    assert done.returncode == 0, done.stdout[-400:] + done.stderr


def test_the_package_lays_the_workers_unit_beside_that_of_several():
    """So that nothing of it is written twice, and an instance is as strict as the only one."""
    assets = tomllib.loads((CHECKOUT / "worker" / "Cargo.toml").read_text())["package"]["metadata"]["deb"]["assets"]
    laid = {target: source for source, target, _ in assets if "imgfilter-worker@.service.d" in target}
    assert laid == {"usr/lib/systemd/system/imgfilter-worker@.service.d/10-worker.conf": "../systemd/imgfilter-worker.service",
                    "usr/lib/systemd/system/imgfilter-worker@.service.d/": "../systemd/imgfilter-worker@.service.d/20-instance.conf"}
    own = [line for name in ("imgfilter-worker@.service", "imgfilter-worker@.service.d/20-instance.conf")
           for line in (UNITS / name).read_text().splitlines() if re.match(r"\w+=", line)]
    assert {line.split("=")[0] for line in own} <= {"WantedBy", "Description", "ExecStart"}, own


def test_what_does_not_end_with_the_target_is_named_where_all_has_to_end():
    """`systemctl stop imgfilter.target` ends every part but what timers have just started."""
    without = {unit for unit in units() if "PartOf=imgfilter.target" not in (UNITS / unit).read_text()}
    # an instance has it from the worker's unit
    assert without == {"imgfilter.target", "imgfilter-worker@.service", "imgfilter-cleanup.service", "imgfilter-scale.service"}
    for page in ("UPGRADE.md", "BACKUP.md"):
        assert "imgfilter-scale.service imgfilter-cleanup.service" in (CHECKOUT / "docs" / "operations" / page).read_text(), page


def test_every_strictness_has_its_reason():
    """In the worker's unit a comment stands above each group of directives, and no group is long."""
    alone = 0
    for line in (UNITS / "imgfilter-worker.service").read_text().splitlines():
        alone = 0 if line.startswith(("#", "[")) else alone + bool(line)
        assert alone <= 7, line


def test_sysusers_and_tmpfiles_are_understood(tmp_path):
    for folder in ("etc", "run"):
        (tmp_path / folder).mkdir()
    shutil.copy("/etc/passwd", tmp_path / "etc")
    shutil.copy("/etc/group", tmp_path / "etc")
    users = subprocess.run(["systemd-sysusers", f"--root={tmp_path}", UNITS / "imgfilter.sysusers"], capture_output=True, text=True)
    assert users.returncode == 0, users.stderr
    assert re.search(r"^imgfilter:", (tmp_path / "etc/passwd").read_text(), re.MULTILINE)
    made = subprocess.run(["systemd-tmpfiles", f"--root={tmp_path}", "--create", UNITS / "imgfilter.tmpfiles"], capture_output=True, text=True)
    assert made.returncode == 0 and not made.stderr, made.stderr
    assert (tmp_path / "var/lib/imgfilter/spool").stat().st_mode & 0o7777 == 0o2770


def test_the_paths_are_the_programs_defaults():
    """What the units leave unsaid is what the program takes without being told."""
    settings = subprocess.run([Build.of("debug").program, "config", "--markdown"], capture_output=True, text=True, check=True).stdout
    for path in ("/run/imgfilter", "/var/lib/imgfilter/spool", "/var/cache/imgfilter"):
        assert path in settings
