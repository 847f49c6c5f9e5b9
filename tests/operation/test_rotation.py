"""Secrets are changed by the commands of the page while somebody uploads all the time."""

import base64
import json
import shutil
import subprocess
import tempfile
import threading
import time
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from e2e.client import Client, curl
from e2e.pictures import small
from machine import Machine

from stack.listener import Listener
from stack.ready import free_port, wait_until

SETTINGS = {"IMGFILTER_BEAT": "1s", "IMGFILTER_POLL": "100ms", "IMGFILTER_ANONYMOUS_WEBHOOK": "true", "IMGFILTER_WEBHOOK_INSECURE": "true",
            "IMGFILTER_CLEANUP_EVERY": "0", "IMGFILTER_BREAKER_FAILURES": "100"}

ROLES = {"edge-database-url": "imgfilter_edge", "worker-database-url": "imgfilter_worker"}
"""Who is meant by each file."""


@dataclass
class Uploader(threading.Thread):
    """Uploads one picture after the other until it is told to end; and asks for a link that it has."""

    client: Client
    photo: Path
    link: str
    over: threading.Event = field(default_factory=threading.Event)
    tasks: list[dict] = field(default_factory=list)
    others: list = field(default_factory=list)
    downloads: set[int] = field(default_factory=set)

    def __post_init__(self):
        super().__init__()

    __hash__ = threading.Thread.__hash__

    def run(self) -> None:
        while not self.over.is_set():
            answer = self.client.upload("filters=grayscale", image=self.photo)
            if answer.status == 202:
                self.tasks.append(answer.json())
            else:
                self.others.append(answer)
            self.downloads.add(curl(self.link).status)

    def __enter__(self) -> "Uploader":
        self.start()
        self.more()
        return self

    def __exit__(self, *_) -> None:
        self.more()
        self.over.set()
        self.join()

    def more(self, count: int = 3) -> None:
        """Waits until so many more uploads were taken."""
        wanted, end = len(self.tasks) + count, time.monotonic() + 30
        while len(self.tasks) < wanted:
            assert time.monotonic() < end, self.others[-3:]
            time.sleep(0.02)

    def all_done(self) -> None:
        ended = [self.client.wait(task, 60) for task in self.tasks]
        assert {task["status"] for task in ended} == {"done"}
        assert {curl(result["url"]).status for task in ended[-3:] for result in task["results"]} == {200}
        assert self.downloads == {200}


def certificate(folder: Path, name: str) -> None:
    """A pair for localhost with a name in it."""
    subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2", "-subj",
                    f"/CN={name}", "-keyout", folder / "tls.key", "-out", folder / "tls.crt"], check=True, capture_output=True)


@pytest.fixture(scope="module")
def machine():
    folder = Path(tempfile.mkdtemp(prefix="imgfilter-rotation-", dir="/tmp"))
    folder.chmod(0o711)
    certificate(folder, "first")
    tls = {"IMGFILTER_TLS_PORT": str(free_port()), "IMGFILTER_TLS_CERTIFICATE": str(folder / "tls.crt"), "IMGFILTER_TLS_KEY": str(folder / "tls.key")}
    made = Machine("operations/SECRETS.md", folder / "stack", free_port(), SETTINGS | tls)
    (made.etc / "imgfilter.env").write_text("IMGFILTER_S3_ACCESS_KEY=imgfilter\n")
    made.stack.environment["IMGFILTER_S3_ACCESS_KEY"] = "imgfilter"
    for file, role in ROLES.items():
        setting = "DATABASE_URL" if "worker" in role else "EDGE_DATABASE_URL"
        (made.etc / file).write_text(made.stack.cluster.url(role, "imgfilter").replace(f"{role}@", f"{role}:first@") + "\n")
        made.use_file(setting, made.etc / file)
    try:
        made.stack.start()
        yield made
    finally:
        made.stack.stop()
        shutil.rmtree(folder)


@pytest.fixture
def uploading(machine, tmp_path):
    """Somebody who uploads while the test goes on."""
    client, photo = Client(machine.stack.url), small(tmp_path)
    link = client.finished("filters=invert", image=photo)["results"][0]["url"]

    return lambda: Uploader(client, photo, link)


def key_number(url: str) -> int:
    """The number of the key that has signed a link."""

    return base64.urlsafe_b64decode(url.split("/d/")[1].split("/")[0] + "==")[1]


def test_link_keys(machine, uploading, tmp_path):
    with uploading() as uploader:
        machine.do("link-key-known")
        uploader.more()
        machine.do("link-key-signs")
    uploader.all_done()
    assert uploader.others == []
    client = Client(machine.stack.url)
    new = client.wait(uploader.tasks[-1])["results"][0]["url"]
    assert (key_number(uploader.link), key_number(new)) == (1, 2)
    told = machine.sh("imgfilter-admin link keys").splitlines()
    assert told[0] == "2  signs" and told[1].startswith("1  is needed until")
    keys = machine.etc / "link-keys"
    machine.do("link-key-known")
    assert [entry.split(":")[0] for entry in keys.read_text().split(",")] == ["2", "1", "3"], "as often as one likes"
    both = keys.read_text()
    keys.write_text(both.split(",")[0])
    machine.systemctl("reload", "imgfilter-edge")
    # what was taken away too early is missed, as soon as the nginx from before has ended
    wait_until("an nginx without the key", lambda: curl(uploader.link).status == 404, 20)
    assert curl(new).status == 200
    keys.write_text(both)
    machine.systemctl("reload", "imgfilter-edge")
    wait_until("an nginx with both", lambda: curl(uploader.link).status == 200, 20)


def test_keys_of_the_embedded_store(machine, uploading):
    before = (machine.etc / "s3-secret-key").read_text()
    machine.stack.start_worker("worker@1")
    before_it = machine.stack.children["worker@1"].pid
    with uploading() as uploader:
        machine.do("store-key")
    # an instance that still had the old pair could do nothing by now
    assert machine.stack.children["worker@1"].pid != before_it
    machine.stack.children["worker"].stop()
    uploader.all_done()
    machine.stack.start_worker()
    machine.stack.children.pop("worker@1").stop()
    assert {(each.status, each.problem["code"]) for each in uploader.others} <= {(503, "storage_unavailable")}, uploader.others
    assert all(each.headers["retry-after"] for each in uploader.others)
    assert (machine.etc / "s3-secret-key").read_text() != before and not (machine.etc / "s3-old-keys").exists()
    with_old = {"IMGFILTER_S3_ACCESS_KEY": "imgfilter", "IMGFILTER_S3_SECRET_KEY": before.strip()}
    said = subprocess.run([machine.stack.plan.build.program, "doctor", "--only", "store"], env=machine.stack.environment | with_old,
                          capture_output=True, text=True)
    assert said.returncode == 1 and "IMGFILTER_S3_ACCESS_KEY" in said.stdout, "the old pair is void"
    assert "ok" in machine.sh("imgfilter-admin doctor --only store")


@pytest.fixture
def passwords(machine):
    """From now on the two roles have to give theirs."""
    cluster = machine.stack.cluster
    for role in ROLES.values():
        cluster.sql(f"set password_encryption = 'scram-sha-256'; alter role {role} password 'first'")
    access = cluster.data / "pg_hba.conf"
    access.write_text("local all imgfilter_edge,imgfilter_worker scram-sha-256\n" + access.read_text())
    cluster.sql("select pg_reload_conf()")


def test_passwords_of_the_database(machine, passwords, uploading):
    with uploading() as uploader:
        machine.do("edge-password")
        uploader.more()
        machine.do("worker-password")
    uploader.all_done()
    assert {(each.status, each.problem["code"]) for each in uploader.others} <= {(503, "database_unavailable")}, uploader.others
    assert all(each.headers["retry-after"] for each in uploader.others)
    for file in ROLES:
        assert ":first@" not in (machine.etc / file).read_text()
    assert "wrong" not in machine.sh("imgfilter-admin doctor --only database --only workers")
    environment = {name: value for name, value in machine.stack.environment.items() if not name.startswith("IMGFILTER_DATABASE_URL")}
    environment["IMGFILTER_DATABASE_URL"] = machine.stack.cluster.url("imgfilter_worker", "imgfilter").replace("@", ":first@", 1)
    refused = subprocess.run([machine.stack.plan.build.program, "cleanup", "--dry-run"], env=environment, capture_output=True)
    assert refused.returncode == 1, "the old password is void"


def test_the_secret_of_webhooks(machine, uploading, tmp_path):
    old = (machine.etc / "webhook-secret").read_text().strip()
    with Listener() as receiver:
        with uploading() as uploader:
            machine.do("webhook-secret")
        uploader.all_done()
        assert uploader.others == []
        new = (machine.etc / "webhook-secret").read_text().strip().split(",")[0]
        uploader.client.finished("filters=grayscale", f"webhook={receiver.url}", image=small(tmp_path))
        (call,) = receiver.wait(1)
        assert call.signed_with(old) and call.signed_with(new)


def shown(machine) -> str:
    """The subject of the certificate that the edge shows."""
    port = machine.stack.environment["IMGFILTER_TLS_PORT"]
    said = subprocess.run(["openssl", "s_client", "-connect", f"127.0.0.1:{port}"], input="", capture_output=True, text=True, timeout=30).stdout
    return next(line for line in said.splitlines() if line.startswith("subject="))


def test_the_certificate(machine, uploading):
    assert "first" in shown(machine)
    with uploading() as uploader:
        certificate(machine.folder.parent, "second")
        machine.systemctl("reload", "imgfilter-edge")
    uploader.all_done()
    assert uploader.others == [] and "second" in shown(machine)


def test_keys_of_owners(machine, tmp_path):
    client, photo = Client(machine.stack.url), small(tmp_path)

    def key() -> dict:
        return json.loads(machine.stack.command("key", "create", "--owner", "acme", "--scope", "upload", "--json"))

    first, second = key(), key()
    for each in (first, second):
        assert client.upload("filters=grayscale", image=photo, more=("-H", f"Authorization: Bearer {each['key']}")).status == 202
    machine.stack.command("key", "revoke", first["id"])
    end = time.monotonic() + 40
    while (status := client.upload("filters=grayscale", image=photo, more=("-H", f"Authorization: Bearer {first['key']}")).status) != 401:
        assert status == 202 and time.monotonic() < end
        time.sleep(0.5)
    assert client.upload("filters=grayscale", image=photo, more=("-H", f"Authorization: Bearer {second['key']}")).status == 202
