"""Uploads that are refused say why, and leave nothing behind."""

import subprocess

import pytest

from client import curl
from pictures import RAIN, png_header
from stack.child import descendants

pytestmark = pytest.mark.usefixtures("leaves_nothing")


def refused(answer, status: int, code: str | None = None) -> dict:
    assert answer.status == status, answer
    problem = answer.problem
    assert code is None or problem["code"] == code, problem
    return problem


def test_unknown_filter(client):
    problem = refused(client.upload("filters=grayscale", "filters=blur(3)|grayscael|invert", image=RAIN), 400)
    assert problem["position"] == {"filters": 1, "offset": 8, "length": 9}
    assert problem["suggestion"] == "grayscale"
    assert problem["field"] == "filters"


@pytest.mark.parametrize("chain", ["sepia(2)", "sepia(", "blur(3)|", "blur(1, 2, 3)", "resize(wdith=3)", "equation(r = q)",
                                   "blur(nan)", "blur(-1)", "blur(1e999)"])
def test_wrong_arguments(client, chain):
    problem = refused(client.upload(f"filters={chain}", image=RAIN), 400)
    assert problem["position"]["filters"] == 0 and 0 <= problem["position"]["offset"] <= len(chain)


def test_a_text_named_jpg(client, tmp_path):
    text = tmp_path / "photo.jpg"
    text.write_text("This is not a photograph.\n" * 100)
    refused(client.upload("filters=grayscale", image=text), 415, "not_an_image")


def test_a_picture_of_an_unsupported_kind(client, tmp_path):
    icon = tmp_path / "icon.png"
    subprocess.run(["/usr/bin/convert-im6.q16", "-size", "64x64", "xc:red", f"tga:{icon}"], check=True)
    refused(client.upload(image=icon), 415)


def test_an_empty_file(client, tmp_path):
    empty = tmp_path / "empty.jpg"
    empty.touch()
    assert client.upload(image=empty).status in (400, 415)


def test_a_header_that_claims_too_much(client, stack, tmp_path):
    file = png_header(tmp_path, 65_000, 65_000)
    before = memory(stack)
    problem = refused(client.upload("filters=grayscale", image=file), 422)
    assert problem["code"] in ("dimension_too_large", "too_many_pixels") and problem["limit"] > 0
    assert memory(stack) - before < 64 << 20, "the header's claim was believed"


def memory(stack) -> int:
    """Resident memory of nginx and its workers, in bytes."""
    pid = stack.children["nginx"].pid
    pages = (int(open(f"/proc/{each}/statm").read().split()[1]) for each in (pid, *descendants(pid)))
    return 4096 * sum(pages)


def test_a_form_without_image(client):
    problem = refused(client.upload("filters=grayscale"), 400)
    assert problem["field"] == "image"


def test_two_images(client):
    refused(client.upload("filters=grayscale", f"image=@{RAIN}", image=RAIN), 400)


def test_another_file_field(client):
    refused(client.upload(f"photo=@{RAIN}", image=RAIN), 400)


def test_an_unknown_field(client):
    problem = refused(client.upload("filter=grayscale", image=RAIN), 400)
    assert problem["field"] == "filter" and "filters" in problem["detail"]


@pytest.mark.parametrize("form", [
    "quality=101", "quality=0", "quality=high", "effort=8", "icc=strip", "format=exe", "expires_in=-1", "webhook=ftp://a/b",
    "priority=high", "delay=-1",
])
def test_a_wrong_option(client, form):
    problem = refused(client.upload(form, image=RAIN), 400)
    assert problem["field"] == form.split("=")[0]


def test_options_in_the_query_of_a_form(client):
    refused(curl("-F", f"image=@{RAIN}", f"{client.url}/images?filters=grayscale"), 400)


def test_too_many_chains(client):
    refused(client.upload(*["filters=grayscale"] * 17, image=RAIN), 400, "too_many_filters")


@pytest.mark.parametrize("chain, code", [
    ("|".join(["flip"] * 65), "too_many_chain_filters"),
    (f"flip{' ' * 4096}|flip", "chain_too_long"),
    (f"equation(r = {'-' * 64}g)", "equation_too_deep"),
    (f"equation(r = g{'+g' * 512})", "equation_too_complex"),
    ("sepia(1.01)", "parameter_out_of_range"),
], ids=["filters", "characters", "depth", "operations", "range"])
def test_a_chain_beyond_a_limit(client, chain, code):
    assert refused(client.upload(f"filters={chain}", image=RAIN), 400, code)["field"] == "filters"


def test_a_crop_outside_the_picture(client):
    refused(client.upload("filters=crop(x=5000, y=0, width=10, height=10)", image=RAIN), 422)


def test_a_body_over_the_limit(client, stack, tmp_path):
    limit = int(stack.environment.get("IMGFILTER_MAX_BODY", 104_857_600))
    big = tmp_path / "big.jpg"
    with open(big, "wb") as file:
        file.truncate(limit + 1)
    announced = refused(client.upload(image=big), 413)
    assert announced["limit"] == limit
    refused(client.upload(image=big, more=("-H", "Transfer-Encoding: chunked")), 413)
    refused(curl("-T", big, f"{client.url}/images"), 413)


@pytest.mark.parametrize("body", [b"", b"no boundary at all", b"--x\r\n", b"--x\r\nContent-Disposition: form-data; name=\"image\"\r\n\r\nabc"])
def test_a_malformed_form(client, tmp_path, body):
    file = tmp_path / "body"
    file.write_bytes(body)
    answer = curl("--data-binary", f"@{file}", "-H", "Content-Type: multipart/form-data; boundary=x", f"{client.url}/images")
    refused(answer, 400)


def test_methods_and_places_that_are_not_there(client):
    assert curl("-X", "PATCH", f"{client.url}/images").status in (404, 405)
    refused(curl(f"{client.url}/nowhere"), 404)
    refused(curl(f"{client.url}/tasks/01930000-0000-7000-8000-000000000000"), 404)
    refused(curl(f"{client.url}/tasks/not-a-task"), 404)


def test_an_upload_broken_off(client):
    """The client goes away in the middle."""
    command = ["curl", "-sS", "-m", "1", "--limit-rate", "200k", "-F", f"image=@{RAIN}", f"{client.url}/images"]
    assert subprocess.run(command, capture_output=True).returncode == 28, "curl was to run out of its time"
