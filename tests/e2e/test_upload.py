"""A photograph goes up with two chains and comes back as two files."""

import hashlib
import re

import numpy

from client import curl
from pictures import RAIN, SEPIA, difference, magick, pixels, shown_size, small

CHAINS = ("filters=sepia(0.8)|blur(3)", "filters=grayscale")
UUID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}")
TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ")

# A JPEG of quality 80 is not the picture that was computed: what it may be away, in levels of 255.
JPEG_MEAN, JPEG_MOST = 2.5, 16


def test_answer_has_the_documented_shape(client):
    answer = client.upload(*CHAINS, image=RAIN)
    assert answer.status == 202
    assert answer.headers["content-type"].startswith("application/json")
    task = answer.json()
    assert list(task) == ["id", "version", "status", "created_at", "status_url", "trace", "image", "results"]
    assert UUID.fullmatch(task["id"]) and UUID.fullmatch(task["image"]["id"])
    assert TIME.fullmatch(task["created_at"])
    assert (task["version"], task["status"]) == (1, "queued")
    assert task["status_url"] == answer.headers["location"] == f"{client.url}/tasks/{task['id']}"
    photo = RAIN.read_bytes()
    expected = {"format": "jpeg", "width": 1920, "height": 1200, "frames": 1, "bytes": len(photo),
                "sha256": hashlib.sha256(photo).hexdigest()}
    assert {name: task["image"][name] for name in expected} == expected
    assert set(task["image"]) == {"id", *expected}
    assert task["results"] == [{"filters": "sepia(0.8)|blur(3)", "status": "queued"}, {"filters": "grayscale", "status": "queued"}]
    client.wait(task)


def test_both_results_are_what_imagemagick_makes(client):
    task = client.finished(*CHAINS, image=RAIN)
    files = []
    for result in task["results"]:
        assert set(result) == {"filters", "status", "url", "format", "width", "height", "bytes", "expires_at"}
        assert result["status"] == "done" and TIME.fullmatch(result["expires_at"])
        assert result["url"].startswith(f"{client.url}/d/") and result["url"].endswith(".jpg")
        file = client.download(result["url"])
        assert shown_size(file) == ("JPEG", 1920, 1200)
        assert (result["format"], result["width"], result["height"], result["bytes"]) == ("jpeg", 1920, 1200, len(file))
        files.append(file)
    sepia = 0.8 * SEPIA + 0.2 * numpy.eye(3)
    rows = " ".join(",".join(f"{value:.4f}" for value in row) for row in sepia)
    toned = pixels(magick(RAIN, "-color-matrix", rows, "-blur", "0x3"))
    mean, most, _ = difference(pixels(files[0]), toned, border=12)
    assert mean < JPEG_MEAN and most < JPEG_MOST, (mean, most)
    grey = pixels(magick(RAIN, "-colorspace", "Gray"))
    mean, most, _ = difference(pixels(files[1]), grey)
    assert mean < JPEG_MEAN and most < JPEG_MOST, (mean, most)


def test_a_task_may_start_later_and_behind_the_others(client, inspector, tmp_path):
    task = client.accepted("delay=2", "priority=low", image=small(tmp_path))
    ended = client.wait(task)
    assert ended["status"] == "done"
    waited = "select started_at - created_at >= interval '2 seconds' from imgfilter.task where id = %s"
    assert inspector.rows(waited, task["id"]) == [(True,)]


def test_without_filters_the_image_is_encoded_anew(client):
    task = client.finished(image=RAIN)
    assert [result["filters"] for result in task["results"]] == [""]
    mean, most, _ = difference(pixels(client.download(task["results"][0]["url"])), pixels(RAIN))
    assert mean < JPEG_MEAN and most < JPEG_MOST, (mean, most)


def test_format_and_quality_are_obeyed(client):
    for form, name in (("png", "PNG"), ("webp", "WEBP"), ("gif", "GIF"), ("jpeg", "JPEG"),
                       ("tiff", "TIFF"), ("bmp", "BMP")):
        (file,) = client.results(f"format={form}", "filters=resize(width=200)", image=RAIN)
        assert shown_size(file) == (name, 200, 125)
    coarse, fine = (client.results(f"quality={quality}", image=RAIN)[0] for quality in (20, 95))
    assert 3 * len(coarse) < len(fine)


def test_waiting_answers_when_the_task_ends_and_not_before(client):
    task = client.accepted("filters=blur(20)", image=RAIN)
    ended = client.wait(task)
    assert ended["status"] == "done" and ended["version"] > task["version"]
    assert client.wait(task, 0) == ended


def test_the_file_keeps_its_name(client, tmp_path):
    photo = tmp_path / "Rain on glass (ä).jpeg"
    photo.write_bytes(RAIN.read_bytes())
    task = client.finished("format=png", "filters=resize(width=64)", image=photo)
    answer = curl(task["results"][0]["url"])
    assert "Rain on glass" in answer.headers.get("content-disposition", ""), answer.headers
    assert task["results"][0]["url"].endswith(".png")


def test_filters_are_listed(client):
    answer = curl(f"{client.url}/filters")
    assert answer.status == 200
    filters = {each["name"]: each for each in answer.json()["filters"]}
    expected = {"grayscale", "sepia", "invert", "brightness", "contrast", "saturation", "gamma", "hue", "blur", "sharpen",
                "resize", "crop", "rotate", "flip", "equation", "oil", "halftone", "solarize"}
    assert expected <= set(filters)
    for each in filters.values():
        assert {"name", "summary", "example", "cost", "animation", "alpha", "parameters"} <= set(each)


def test_every_listed_example_works(client, tmp_path):
    photo = small(tmp_path, width=640)
    filters = curl(f"{client.url}/filters").json()["filters"]
    tasks = [client.accepted(f"filters={each['example']}", image=photo) for each in filters]
    ended = [client.wait(task) for task in tasks]
    assert [(task["results"][0]["filters"], task["status"]) for task in ended if task["status"] != "done"] == []


def test_health(client):
    assert curl(f"{client.url}/healthz").status == 200
    assert curl(f"{client.url}/readyz").status == 200


def test_an_upload_sent_again_is_the_same_task(client):
    more = ("-H", "Idempotency-Key: 0f0a7e0c-6d0f-4c52-9d5e-2a1f3f6f1d11")
    task = client.accepted("filters=resize(width=64)", image=RAIN, more=more)
    ended = client.wait(task)
    again = client.upload("filters=resize(width=64)", image=RAIN, more=more)
    assert again.status == 202 and again.headers["idempotent-replayed"] == "true"
    assert again.json() == ended, "as it is by now"
    other = client.upload("filters=resize(width=65)", image=RAIN, more=more)
    assert other.status == 422 and other.problem["code"] == "idempotency_key_reused"
