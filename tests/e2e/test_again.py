"""An original that was uploaded is filtered again, as long as it is kept."""

import json
import subprocess
import time

import numpy

from client import curl
from pictures import RAIN, SEPIA, difference, magick, matrix, pixels, shown_size, small

# A JPEG of quality 80 is not the picture that was computed: what it may be away, in levels of 255.
JPEG_MEAN, JPEG_MOST = 2.5, 16


def clean(stack, original_life: str) -> dict:
    return json.loads(stack.command("cleanup", "--json", "--original-life", original_life))


def test_other_chains_for_a_photograph_that_is_there(client, inspector):
    first = client.finished("filters=resize(width=64)", image=RAIN)
    originals = {key for key in inspector.objects() if key.startswith("o/")}
    answer = client.again(first["image"]["id"], filters=["sepia(0.8)|blur(3)", "grayscale"])
    assert answer.status == 202 and answer.headers["content-type"].startswith("application/json")
    task = answer.json()
    assert answer.headers["location"] == task["status_url"] == f"{client.url}/tasks/{task['id']}"
    assert task["id"] != first["id"] and task["image"] == first["image"]
    ended = client.wait(task)
    assert ended["status"] == "done", ended
    assert {key for key in inspector.objects() if key.startswith("o/")} == originals, "no second original"
    toned, grey = (client.download(result["url"]) for result in ended["results"])
    rows = " ".join(",".join(f"{value:.4f}" for value in row) for row in 0.8 * SEPIA + 0.2 * numpy.eye(3))
    mean, most, _ = difference(pixels(toned), pixels(magick(RAIN, "-color-matrix", rows, "-blur", "0x3")), border=12)
    assert mean < JPEG_MEAN and most < JPEG_MOST, (mean, most)
    mean, most, _ = difference(pixels(grey), pixels(magick(RAIN, "-colorspace", "Gray")))
    assert mean < JPEG_MEAN and most < JPEG_MOST, (mean, most)
    assert client.wait(first, 0) == first, "the first task is as it was"


def test_options_are_obeyed_and_the_name_is_kept(client, tmp_path):
    photo = small(tmp_path, name="Rain (ä).png")
    image = client.finished(image=photo)["image"]["id"]
    ended = client.wait(client.again(image, filters="sepia", format="webp", quality=100, expires_in=3600).json())
    (result,) = ended["results"]
    file = client.download(result["url"])
    assert shown_size(file)[0] == "WEBP" and result["url"].endswith(".webp")
    assert "Rain" in curl(result["url"]).headers["content-disposition"]
    mean, _, _ = difference(pixels(file), matrix(pixels(photo), SEPIA))
    assert mean < JPEG_MEAN, mean
    (lossless,) = client.wait(client.again(image, filters="invert").json())["results"]
    assert (pixels(client.download(lossless["url"])) == 255 - pixels(photo)).all()


def test_a_new_task_keeps_the_original_and_the_last_one_lets_it_go(client, stack, inspector, tmp_path):
    first = client.finished(image=small(tmp_path))
    image = first["image"]["id"]
    (key,) = inspector.rows("select object_key from imgfilter.image where id = %s", image)[0]
    time.sleep(3)
    ended = client.wait(client.again(image, filters="oil(2)").json())
    assert ended["status"] == "done"
    clean(stack, "3s")
    assert key in inspector.objects(), "its last task has just ended"
    assert client.wait(client.again(image, filters="invert").json())["status"] == "done"
    clean(stack, "0s")
    assert key not in inspector.objects()
    answer = client.again(image, filters="invert")
    assert answer.status == 410 and answer.problem["code"] == "gone" and answer.problem["field"] == "image"
    assert client.download(ended["results"][0]["url"]), "its results are there for as long as they would have been"


def test_over_http_2_where_the_length_is_not_said(client, stack):
    image = client.accepted("filters=resize(width=64)", image=RAIN)["image"]["id"]
    body = json.dumps({"image": image, "filters": "invert"})
    for length, status in ((900_000, 202), (1_100_000, 413)):
        # curl does not know how long its standard input is
        done = subprocess.run(["curl", "-sSk", "--http2", "-X", "POST", "-H", "Content-Type: application/json", "-T", "-",
                               "-o", "/dev/null", "-w", "%{http_code} %{http_version}",
                               f"https://127.0.0.1:{stack.environment['IMGFILTER_TLS_PORT']}/tasks"],
                              input=body.ljust(length), capture_output=True, text=True, timeout=60)
        assert done.stdout == f"{status} 2", done
