"""Backup and restore with the very commands of the page: what was done is there again, what was not is done."""

import shutil
import tempfile
from dataclasses import dataclass
from pathlib import Path

import pytest
from e2e.client import Client, curl
from e2e.pictures import small
from machine import Machine

from stack.listener import Listener
from stack.places import StackError
from stack.ready import free_port, wait_until
from stack.service import DATABASE

SETTINGS = {"IMGFILTER_LEASE": "4s", "IMGFILTER_BEAT": "1s", "IMGFILTER_POLL": "100ms", "IMGFILTER_ANONYMOUS_WEBHOOK": "true",
            "IMGFILTER_WEBHOOK_INSECURE": "true", "IMGFILTER_CLEANUP_EVERY": "0"}

@dataclass
class Uploads:
    """Tasks in every state, and what they are known by."""

    done: dict
    bytes_of: dict[str, bytes]
    queued: list[dict]
    held: dict
    untold: dict
    late: dict


@pytest.fixture(scope="module")
def folder():
    path = Path(tempfile.mkdtemp(prefix="imgfilter-backup-", dir="/tmp"))
    path.chmod(0o711)
    yield path
    shutil.rmtree(path)


@pytest.fixture(scope="module")
def receiver():
    with Listener(503) as listener:
        yield listener


def made(machine: Machine, receiver: Listener, folder: Path) -> Uploads:
    """Uploads in every state at the moment of the backup, which is made; and one after it."""
    stack, client, photo = machine.stack, Client(machine.stack.url), small(folder)
    done = client.finished("filters=grayscale", "filters=invert", image=photo)
    bytes_of = {result["url"]: client.download(result["url"]) for result in done["results"]}
    machine.do("backup")
    untold = client.finished("filters=sepia(1)", f"webhook={receiver.url}", image=photo)
    receiver.wait(1)
    held = client.accepted("filters=resize(2000,1250)|median(5)", image=photo)
    state = f"select status from imgfilter.task where id = '{held['id']}'"
    wait_until("a worker that has a task", lambda: stack.cluster.sql(state, DATABASE) == "processing", 20)
    stack.children["worker"].kill()
    queued = [client.accepted(f"filters=hue({turn})", image=photo) for turn in (10, 20, 30)]
    machine.do("backup")
    late = client.accepted("filters=invert", image=photo)
    return Uploads(done, bytes_of, queued, held, untold, late)


def destroyed(machine: Machine) -> None:
    machine.stack.stop()
    shutil.rmtree(machine.folder)


@pytest.fixture(scope="module")
def restored(folder, receiver):
    """Another machine, to which all was restored, looked at and started; and what had been uploaded to the first."""
    port, backups = free_port(), folder / "backups"
    first = Machine("operations/BACKUP.md", folder / "first", port, SETTINGS, backups)
    try:
        first.stack.start()
        uploads = made(first, receiver, folder)
    finally:
        destroyed(first)
    receiver.statuses[:] = [204]
    receiver.calls.clear()
    second = Machine("operations/BACKUP.md", folder / "second", port, SETTINGS, backups)
    try:
        second.stack.cluster.start()
        second.do("restore")
        second.looked = second.do("look")
        second.do("go-on")
        yield second, uploads
    finally:
        second.stack.stop()


def test_nothing_runs_before_it_was_looked_at(restored):
    machine, _ = restored
    assert machine.started == ["imgfilter-migrate", "imgfilter-store", "imgfilter.target"]
    assert "0 not as they should be" in machine.looked
    assert "wrong" not in machine.looked
    assert "IMGFILTER_CLEANUP_EVERY=0" in (machine.folder / "secrets" / "imgfilter.env").read_text()


def test_a_further_backup_copies_only_what_is_new(restored):
    machine, _ = restored
    first, second = sorted(folder for folder in machine.backups.iterdir() if not folder.is_symlink())
    assert (machine.backups / "last").resolve() == second
    objects = [{file.relative_to(folder): file.stat().st_ino for file in (folder / "store/imgfilter").rglob("*") if file.is_file()}
               for folder in (first, second)]
    assert objects[0].items() < objects[1].items(), "the same files, and more"


def test_what_was_done_is_there_by_the_same_urls(restored):
    machine, uploads = restored
    client = Client(machine.stack.url)
    assert client.wait(uploads.done) == uploads.done
    assert {url: client.download(url) for url in uploads.bytes_of} == uploads.bytes_of


def test_what_waited_is_done(restored):
    machine, uploads = restored
    client = Client(machine.stack.url)
    for task in [*uploads.queued, uploads.held]:
        ended = client.wait(task, 60)
        assert ended["status"] == "done", ended
        assert client.download(ended["results"][0]["url"])


def test_what_was_not_told_is_told(restored, receiver):
    _, uploads = restored
    (call,) = receiver.wait(1, 60)
    assert call.json()["data"]["id"] == uploads.untold["id"]


def test_what_came_later_is_known_to_be_lost(restored):
    machine, uploads = restored
    assert curl(f"{machine.stack.url}/tasks/{uploads.late['id']}").status == 404


def test_an_original_can_be_filtered_again(restored):
    machine, uploads = restored
    client = Client(machine.stack.url)
    again = client.again(uploads.done["image"]["id"], filters=["sepia(1)"])
    assert again.status == 202 and client.wait(again.json())["status"] == "done"


def test_what_is_missing_is_named(restored, folder):
    """Also: what a link answers whose object is gone."""
    machine, _ = restored
    client = Client(machine.stack.url)
    task = client.finished("filters=grayscale", image=small(folder))
    query = f"select l.object_key, i.object_key from imgfilter.link l join imgfilter.task t on t.id = l.task_id join imgfilter.image i on i.id = t.image_id where t.id = '{task['id']}'"
    result, original = machine.stack.cluster.sql(query, DATABASE).split("|")
    for key in (result, original):
        file = file_of(machine, key)
        file.unlink()
    with pytest.raises(StackError) as failed:
        machine.stack.command("store", "verify")
    assert f"{result} is missing" in str(failed.value) and f"{original} is missing" in str(failed.value)
    assert "2 not as they should be" in str(failed.value)
    assert curl(task["results"][0]["url"]).status == 410
    machine.stack.command("erase", "--task", task["id"], "--yes")
    assert "0 not as they should be" in machine.stack.command("store", "verify"), "what was erased need not be there"


def file_of(machine: Machine, key: str) -> Path:
    """The file of an object in the embedded store."""
    name = key.rsplit("/", 1)[1]
    found = [file for file in (machine.folder / "store" / "imgfilter").rglob("*") if file.is_file() and
             str(file.relative_to(machine.folder / "store" / "imgfilter")).replace("/", "").endswith(name)]
    assert len(found) == 1, (key, found)
    return found[0]


def test_a_cleanup_spares_what_is_newer_than_the_database(restored, folder):
    """The database is restored alone, beside a store that went on: what was uploaded meanwhile can still be found."""
    machine, _ = restored
    stack, client = machine.stack, Client(machine.stack.url)
    dump = machine.sh("pg_dump --format=custom imgfilter > dump && echo made")
    assert dump == "made\n"
    task = client.finished("filters=grayscale", image=small(folder))
    (key,) = stack.cluster.sql(f"select object_key from imgfilter.link where task_id = '{task['id']}'", DATABASE).split()
    for name in ("worker", "nginx"):
        stack.children.pop(name).stop()
    machine.sh("dropdb --force imgfilter && createdb -O imgfilter imgfilter && pg_restore --exit-on-error -d imgfilter < dump")
    stack.command("migrate")
    stack.command("cleanup")
    assert file_of(machine, key).exists(), "it is younger than IMGFILTER_ORPHAN_AGE"
    stack.command("cleanup", settings={"IMGFILTER_ORPHAN_AGE": "0s", "IMGFILTER_ORPHAN_AGE_UNSAFE": "true"})
    assert not any(file.name for file in (machine.folder / "store" / "imgfilter").rglob(f"*{key[-20:]}"))
    stack.start_nginx()
    stack.start_worker()
    assert curl(task["results"][0]["url"]).status == 410
