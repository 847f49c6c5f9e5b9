"""`imgfilter doctor` finds nothing wrong with a healthy service, and names what is wrong with one that is broken."""

import base64
import contextlib
import json
import os
import secrets
import shutil
import subprocess
import tempfile
from datetime import timedelta
from pathlib import Path

import pytest
from broken import mail_server, module_for_another_nginx, store_in_another_time

from stack.places import Build
from stack.ready import free_port, wait_until
from stack.service import DATABASE, Plan, Stack


@pytest.fixture(scope="module")
def state():
    folder = Path(tempfile.mkdtemp(prefix="imgfilter-doctor-", dir="/tmp"))
    folder.chmod(0o711)
    yield folder
    shutil.rmtree(folder)


@pytest.fixture(scope="module")
def stack(state):
    running = Stack(Plan(Build.of("debug"), state, free_port(), lasting=False, settings={"IMGFILTER_BEAT": "1s"}))
    try:
        running.start()
        yield running
    finally:
        running.stop()


@pytest.fixture
def doctor(stack):
    """Asks the doctor, with other settings than the service runs with; gives the reports by name, and the exit code."""

    def ask(*only: str, without: str = "", **settings: str) -> tuple[dict, int]:
        words = [word for name in only for word in ("--only", name)]
        given = {f"IMGFILTER_{name}": value for name, value in settings.items()}
        environment = {name: value for name, value in stack.environment.items() if name != without}
        done = subprocess.run([stack.plan.build.program, "doctor", "--json", *words], env=environment | given,
                              capture_output=True, text=True, timeout=120, cwd="/")
        assert done.stdout, done.stderr
        assert "hunter2" not in done.stdout + done.stderr, "no secret is told"
        return {report["name"]: report for report in json.loads(done.stdout)}, done.returncode

    return ask


def wrong(answer: tuple[dict, int], check: str) -> str:
    """What is wrong with this one thing, and how it is mended."""
    reports, code = answer
    report = reports[check]
    assert (report["status"], code) == ("wrong", 1), answer
    assert all(trouble["mend"] for trouble in report["troubles"])
    return "\n".join(f"{trouble['what']} → {trouble['mend']}" for trouble in report["troubles"])


def objects(stack) -> list[Path]:
    """What the doctor has left in the bucket."""
    bucket = stack.plan.state / "store" / "imgfilter"
    return [path for path in bucket.rglob("*") if path.is_file() and "doctor" in str(path.relative_to(bucket))]


def test_a_healthy_service_has_nothing_wrong(stack, doctor):
    reports, code = doctor()
    bad = {name: report for name, report in reports.items() if report["status"] == "wrong"}
    assert (bad, code) == ({}, 0)
    for name in ("configuration", "link-keys", "database", "database-server", "database-clock", "migrations", "roles", "store",
                 "store-clock", "nginx", "spool", "webhook", "workers"):
        assert reports[name]["status"] == "ok", reports[name]
    for name in ("email", "push", "sms", "topic"):
        assert reports[name]["status"] == "skipped" and "off" in reports[name]["note"]
    assert objects(stack) == [], "its own object is gone"


def test_what_it_says_to_people(stack):
    program = stack.plan.build.program
    broken = stack.environment | {"IMGFILTER_S3_BUCKET": "elsewhere"}
    said = subprocess.run([program, "doctor", "--only", "store", "--only", "migrations"], env=broken, capture_output=True, text=True)
    lines = said.stdout.splitlines()
    assert said.returncode == 1 and len(lines) == 3, said
    assert lines[0].startswith("ok       migrations") and lines[1].startswith("wrong    store") and "→" in lines[2]
    assert subprocess.run([program, "doctor", "--only", "nothing"], capture_output=True).returncode == 2


def test_settings_that_cannot_be_used_are_all_named(doctor):
    answer = doctor("configuration", PORT="eighty", SANDBOX="perhaps", LINK_LIVE="1 day", MIGRATE_DATABASE_URL_FILE="/nowhere")
    said = wrong(answer, "configuration")
    assert "IMGFILTER_PORT" in said and "IMGFILTER_SANDBOX" in said and "IMGFILTER_LINK_LIVE is no setting" in said
    assert said.count("is no setting") == 1
    assert "/nowhere" in said and "IMGFILTER_MIGRATE_DATABASE_URL_FILE" in said
    # Settings that contradict each other leave nothing to look at.
    reports, code = doctor(TLS_KEY="/k.pem")
    assert code == 1 and {report["status"] for name, report in reports.items() if name != "configuration"} == {"skipped"}


@contextlib.contextmanager
def passwords(stack):
    """The worker has to give a password."""
    access = stack.cluster.data / "pg_hba.conf"
    before = access.read_text()
    stack.cluster.sql("set password_encryption = 'scram-sha-256'; alter role imgfilter_worker password 'right'")
    access.write_text("local all imgfilter_worker scram-sha-256\n" + before)
    stack.cluster.sql("select pg_reload_conf()")
    try:
        yield
    finally:
        access.write_text(before)
        stack.cluster.sql("select pg_reload_conf()")


def test_a_wrong_password(stack, doctor):
    url = stack.environment["IMGFILTER_DATABASE_URL"]
    with passwords(stack):
        wrong_url, right_url = (url.replace("imgfilter_worker@", f"imgfilter_worker:{word}@") for word in ("hunter2", "right"))
        wait_until("passwords", lambda: doctor("database", DATABASE_URL=wrong_url)[1] == 1, 20)
        said = wrong(doctor("database", DATABASE_URL=wrong_url), "database")
        assert "IMGFILTER_DATABASE_URL" in said and "password" in said
        assert doctor("database", DATABASE_URL=right_url)[1] == 0


def test_a_database_that_is_away(doctor):
    nowhere = "postgresql://imgfilter_worker@127.0.0.1:%d/imgfilter" % free_port()
    settings = dict.fromkeys(("DATABASE_URL", "EDGE_DATABASE_URL", "MIGRATE_DATABASE_URL"), nowhere)
    answer = doctor("database", "migrations", "workers", **settings)
    assert wrong(answer, "database").count("start PostgreSQL") == 3
    assert answer[0]["migrations"]["status"] == answer[0]["workers"]["status"] == "skipped"


def test_a_role_without_its_rights(stack, doctor):
    stack.cluster.sql("revoke execute on function imgfilter.claim from imgfilter_worker", DATABASE)
    try:
        assert "imgfilter_worker may not call claim" in wrong(doctor("roles"), "roles")
    finally:
        stack.command("migrate")
    assert doctor("roles")[1] == 0


@pytest.fixture
def copy(stack):
    """A database like the service's, to break."""
    stack.cluster.sql("create database broken owner imgfilter")
    url = stack.environment["IMGFILTER_MIGRATE_DATABASE_URL"].removesuffix(DATABASE) + "broken"
    yield url
    stack.cluster.sql("drop database broken with (force)")


def test_schemas_that_are_not_the_programs(stack, doctor, copy):
    assert "no schema" in wrong(doctor("migrations", MIGRATE_DATABASE_URL=copy), "migrations")
    stack.command("migrate", settings={"IMGFILTER_MIGRATE_DATABASE_URL": copy})
    assert doctor("migrations", MIGRATE_DATABASE_URL=copy)[1] == 0
    last = "delete from imgfilter.migration where number = (select max(number) from imgfilter.migration) returning name"
    name = stack.cluster.sql(last, "broken")
    said = wrong(doctor("migrations", MIGRATE_DATABASE_URL=copy), "migrations")
    assert f"lacks {name}" in said and "imgfilter migrate" in said


def test_a_database_that_is_newer(stack, doctor, copy):
    stack.command("migrate", settings={"IMGFILTER_MIGRATE_DATABASE_URL": copy})
    stack.cluster.sql("insert into imgfilter.migration values (9999, '9999_later.sql', 'x')", "broken")
    said = wrong(doctor("migrations", MIGRATE_DATABASE_URL=copy), "migrations")
    assert "newer than this program" in said and "9999_later.sql" in said


def test_without_the_owners_url_it_sees_what_the_worker_may(doctor):
    reports, code = doctor("database", "roles", "migrations", "workers", without="IMGFILTER_MIGRATE_DATABASE_URL")
    assert code == 0
    assert reports["database"]["status"] == reports["roles"]["status"] == "ok"
    assert reports["migrations"]["status"] == reports["workers"]["status"] == "skipped"


def test_a_wrong_secret_of_the_store(doctor):
    said = wrong(doctor("store", S3_SECRET_KEY="hunter2", without="IMGFILTER_S3_SECRET_KEY_FILE"), "store")
    assert "SignatureDoesNotMatch" in said and "IMGFILTER_S3_SECRET_KEY" in said


def test_a_bucket_that_is_missing(doctor):
    assert "there is no bucket elsewhere" in wrong(doctor("store", S3_BUCKET="elsewhere"), "store")


def test_a_store_that_is_away(doctor):
    answer = doctor("store", "store-clock", S3_ENDPOINT=f"http://127.0.0.1:{free_port()}")
    assert "start the store" in wrong(answer, "store") and answer[0]["store-clock"]["status"] == "skipped"


def test_a_clock_of_the_store_that_is_wrong(stack, doctor):
    for ahead, status in ((timedelta(minutes=6), "wrong"), (timedelta(minutes=-6), "wrong"), (timedelta(minutes=2), "warning")):
        with store_in_another_time(stack.store_port, ahead) as proxy:
            reports, _ = doctor("store-clock", S3_ENDPOINT=f"http://127.0.0.1:{proxy.port}")
        assert reports["store-clock"]["status"] == status, reports
        assert ("ahead of" if ahead > timedelta() else "behind") in reports["store-clock"]["troubles"][0]["what"]


@pytest.mark.skipif(os.geteuid() != 0, reason="only root makes folders of others")
def test_a_spool_that_nginx_cannot_write_to(stack, doctor, state):
    user = stack.users.edge
    closed = state / "closed"
    closed.mkdir(mode=0o755)
    said = wrong(doctor("spool", SPOOL=str(closed)), "spool")
    assert f"{user}, as whom nginx's workers run, cannot write to" in said and f"chown {user}" in said
    shutil.chown(closed, user)
    assert doctor("spool", SPOOL=str(closed))[1] == 0
    inner = closed / "inner"
    inner.mkdir()
    shutil.chown(inner, user)
    shutil.chown(closed, "root")
    closed.chmod(0o700)
    assert f"through {closed}" in wrong(doctor("spool", SPOOL=str(inner)), "spool")
    closed.chmod(0o755)


def test_spools_that_are_missing_or_full(doctor, state):
    assert "No such file" in wrong(doctor("spool", SPOOL=str(state / "none")), "spool")
    assert not (state / "none").exists(), "it is not made"
    assert "IMGFILTER_SPOOL_RESERVE" in wrong(doctor("spool", SPOOL_RESERVE=str(1 << 60)), "spool")


def test_a_module_for_another_nginx(stack, doctor, state):
    other = module_for_another_nginx(stack.plan.build.upload_module, state / "ngx_http_upload_module.so")
    said = wrong(doctor("nginx", UPLOAD_MODULE=str(other)), "nginx")
    assert "built for another nginx" in said and str(other) in said
    assert "IMGFILTER_UPLOAD_MODULE" in wrong(doctor("nginx", UPLOAD_MODULE="/nowhere.so"), "nginx")


def test_the_examination_of_nginx_makes_nothing(doctor, state):
    places = {"SPOOL": state / "new-spool", "CACHE": state / "new-cache", "RUNTIME_DIR": state / "new-run"}
    assert doctor("nginx", **{name: str(place) for name, place in places.items()})[1] == 0
    assert not any(place.exists() for place in places.values())


def key(number: int) -> str:
    return f"{number}:{base64.b64encode(secrets.token_bytes(32)).decode()}"


def test_link_keys_that_are_none(doctor):
    missing = wrong(doctor("link-keys", without="IMGFILTER_LINK_KEYS_FILE"), "link-keys")
    assert "IMGFILTER_LINK_KEYS is not set" in missing and "imgfilter link-key" in missing
    assert "shorter than 32 bytes" in wrong(doctor("link-keys", LINK_KEYS="1:aGk="), "link-keys")


def curl(*words: object) -> dict:
    done = subprocess.run(["curl", "-sS", *map(str, words)], check=True, capture_output=True, text=True, timeout=60)
    return json.loads(done.stdout)


def test_a_link_key_that_living_links_need(stack, doctor):
    """The service has signed with key 1, and somebody takes it out of the list."""
    photo = stack.plan.state / "small.png"
    subprocess.run(["convert", "-size", "8x8", "xc:red", photo], check=True)
    task = curl("-T", photo, f"{stack.url}/images?filters=grayscale")
    task = curl(f"{task['status_url']}?wait=30")
    assert task["status"] == "done", task
    said = wrong(doctor("link-keys", LINK_KEYS=key(2)), "link-keys")
    assert "link key 1 is not in IMGFILTER_LINK_KEYS" in said
    old = Path(stack.environment["IMGFILTER_LINK_KEYS_FILE"]).read_text().strip()
    assert doctor("link-keys", LINK_KEYS=f"{key(2)},{old}")[1] == 0


def test_a_mail_server_that_refuses_the_login(doctor):
    with mail_server("right") as server:
        mail = {"MAIL_FROM": "us@example.com"}
        url = f"smtp://me:{{}}@127.0.0.1:{server.port}?tls=none"
        said = wrong(doctor("email", SMTP_URL=url.format("hunter2"), **mail), "email")
        assert "535" in said and "IMGFILTER_SMTP_URL" in said and "log in" in said
        assert doctor("email", SMTP_URL=url.format("right"), **mail)[0]["email"]["status"] == "ok"
        no_tls = wrong(doctor("email", SMTP_URL=url.format("hunter2").removesuffix("?tls=none"), **mail), "email")
        assert "STARTTLS" in no_tls
    assert "start the server" in wrong(doctor("email", SMTP_URL=f"smtp://127.0.0.1:{free_port()}?tls=none", **mail), "email")


def test_channels_that_are_half_configured(stack, doctor):
    assert "IMGFILTER_WEBHOOK_SECRET" in wrong(doctor("webhook", WEBHOOK_SECRET="hunter2"), "webhook")
    made = stack.command("vapid-key").split()
    pair = dict(word.removeprefix("IMGFILTER_").split("=", 1) for word in made if word.startswith("IMGFILTER_VAPID") and "=" in word)
    assert set(pair) == {"VAPID_KEY", "VAPID_PUBLIC_KEY"}, made
    assert "IMGFILTER_VAPID_SUBJECT" in wrong(doctor("push", **pair), "push")
    assert "VAPID" in wrong(doctor("push", **pair, VAPID_SUBJECT="nobody"), "push")
    assert doctor("push", **pair, VAPID_SUBJECT="mailto:us@example.com")[0]["push"]["status"] == "ok"
    sms = {"SMS": "http", "SMS_URL": "https://sms.example/send"}
    assert doctor("sms", **sms)[0]["sms"]["status"] == "ok"
    assert "{text}" in wrong(doctor("sms", **sms, SMS_BODY="to={to}"), "sms")
    assert "IMGFILTER_SNS_ACCESS_KEY" in wrong(doctor("topic", SNS_TOPICS="arn:aws:sns:eu-central-1:123456789012:a"), "topic")


def test_nobody_works(stack, doctor):
    assert doctor("workers")[0]["workers"]["status"] == "ok"
    stack.children["worker"].stop()
    try:
        assert "there is no worker" in wrong(doctor("workers"), "workers")
    finally:
        stack.start_worker()
