"""However the bytes arrive, the same file arrives."""

import hashlib
import shutil
import subprocess

import pytest

from browser import Browser
from client import curl
from pictures import RAIN, heavy, shown_size

CHAIN = "filters=sepia(0.8)|blur(3)"


def check(client, answer, original) -> None:
    """The upload was accepted, the file came in whole, and its result can be had."""
    assert answer.status == 202, answer
    task = answer.json()
    assert task["image"]["sha256"] == hashlib.sha256(original.read_bytes()).hexdigest()
    ended = client.wait(task)
    assert ended["status"] == "done", ended
    assert shown_size(client.download(ended["results"][0]["url"]))[0] == "JPEG"


def test_http2_over_tls(client, stack):
    port, trusted = (stack.environment[f"IMGFILTER_TLS_{name}"] for name in ("PORT", "CERTIFICATE"))
    answer = curl("--http2", "--cacert", trusted, "-F", f"image=@{RAIN}", "-F", CHAIN, f"https://127.0.0.1:{port}/images")
    assert answer.version == "2"
    assert answer.json()["status_url"].startswith(client.url), "URLs come from the configuration, not from the request"
    check(client, answer, RAIN)


def test_http2_without_tls(client, stack):
    socket = stack.environment["IMGFILTER_H2C_SOCKET"]
    answer = curl("--http2-prior-knowledge", "--unix-socket", socket, "-F", f"image=@{RAIN}", "-F", CHAIN, "http://any.name/images")
    assert answer.version == "2"
    check(client, answer, RAIN)


@pytest.mark.parametrize("listener", ["http1", "h2c"])
def test_body_of_unknown_length(client, stack, listener):
    arguments = ["-H", "Transfer-Encoding: chunked", "-F", f"image=@{RAIN}", "-F", CHAIN, f"{client.url}/images"]
    if listener == "h2c":  # in HTTP/2 a body without Content-Length
        socket = stack.environment["IMGFILTER_H2C_SOCKET"]
        arguments = ["--http2-prior-knowledge", "--unix-socket", socket, "-X", "POST", "-H", "Content-Length:", "-T", RAIN,
                     "http://any.name/images?filters=grayscale"]
    check(client, curl(*arguments), RAIN)


def test_sixty_megabytes(client, inspector, tmp_path):
    file = heavy(tmp_path)
    answer = client.upload("filters=resize(width=300)|grayscale", "format=jpeg", image=file)
    check(client, answer, file)
    assert inspector.spooled() == frozenset()


def test_bare_bytes(client):
    answer = curl("-T", RAIN, f"{client.url}/images?filters=sepia(0.8)%7Cblur(3)&filters=grayscale&format=jpeg")
    check(client, answer, RAIN)
    assert [each["filters"] for each in answer.json()["results"]] == ["sepia(0.8)|blur(3)", "grayscale"]


def test_bare_bytes_posted(client):
    answer = curl("--data-binary", f"@{RAIN}", "-H", "Content-Type: image/jpeg", f"{client.url}/images?filters=invert")
    check(client, answer, RAIN)


def test_plus_stands_for_itself_in_a_query(client):
    answer = curl("-T", RAIN, f"{client.url}/images?filters=equation(r=r+g/2,g=g,b=b)")
    check(client, answer, RAIN)


@pytest.mark.parametrize("protocol", ["http/1.1", "h2"])
def test_a_real_browser(client, stack, tmp_path, protocol):
    base = client.url if protocol == "http/1.1" else f"https://127.0.0.1:{stack.environment['IMGFILTER_TLS_PORT']}"
    page = tmp_path / "form.html"
    page.write_text(f"""<!doctype html><meta charset=utf-8>
        <form method=post enctype=multipart/form-data action="{base}/images">
        <input type=file name=image><input name=filters value="sepia(0.8)|blur(3)"><input name=filters value=grayscale>
        </form>""")
    photo = tmp_path / "Regen auf Glas – ä.jpg"
    shutil.copy(RAIN, photo)
    # its certificate is of these tests' own making
    with Browser("--ignore-certificate-errors") as browser:
        browser.open(page.as_uri())
        browser.choose_file("input[type=file]", photo)
        browser.value("document.forms[0].submit()")
        browser.until(f"location.href == '{base}/images' && document.readyState == 'complete'")
        shown = browser.value("document.body.innerText")
        status = browser.value("performance.getEntriesByType('navigation')[0].responseStatus")
        spoken = browser.value("performance.getEntriesByType('navigation')[0].nextHopProtocol")
    assert (status, spoken) == (202, protocol), shown
    task_id = shown.split('"id":"')[1].split('"')[0]
    task = client.wait({"id": task_id})
    assert task["status"] == "done"
    assert task["image"]["sha256"] == hashlib.sha256(RAIN.read_bytes()).hexdigest()
    assert [each["filters"] for each in task["results"]] == ["sepia(0.8)|blur(3)", "grayscale"]


def test_many_at_once(client):
    """Forty uploads on eight connections at a time: each is accepted, each ends."""
    command = ["curl", "-sS", "-Z", "--parallel-max", "8"]
    for number in range(40):
        if number:
            command += ["--next", "-sS"]
        command += ["-F", f"image=@{RAIN}", "-F", "filters=resize(width=100)", "-o", "-", f"{client.url}/images"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr
    ids = {part.split('"')[0] for part in done.stdout.split('/tasks/')[1:]}
    assert len(ids) == 40, done.stdout[:2000]
    assert all(client.wait({"id": each})["status"] == "done" for each in ids)
