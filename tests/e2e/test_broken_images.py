"""Images whose beginning looks right."""

import pytest

from pictures import RAIN, TRANSPARENT, animation


def ends_badly(client, file) -> str:
    """Refused at once, or accepted and failed with a reason; returns the code."""
    answer = client.upload("filters=grayscale", image=file)
    if answer.status != 202:
        assert 400 <= answer.status < 500, answer
        return answer.problem["code"]
    task = client.wait(answer.json())
    assert task["status"] == "failed", task
    error = task["results"][0]["error"]
    assert error["detail"]
    return error["code"]


@pytest.mark.parametrize("part", [0.02, 0.5, 0.98])
def test_a_truncated_jpeg(client, tmp_path, part):
    whole = RAIN.read_bytes()
    file = tmp_path / "cut.jpg"
    file.write_bytes(whole[:int(len(whole) * part)])
    assert ends_badly(client, file) == "broken_image"


@pytest.mark.parametrize("part", [0.02, 0.5])
def test_a_truncated_png(client, tmp_path, part):
    whole = TRANSPARENT.read_bytes()
    file = tmp_path / "cut.png"
    file.write_bytes(whole[:int(len(whole) * part)])
    assert ends_badly(client, file) == "broken_image"


def test_a_truncated_animation(client, tmp_path):
    file, _ = animation(tmp_path)
    file.write_bytes(file.read_bytes()[:20_000])
    assert ends_badly(client, file) == "broken_image"


def test_an_animation_into_a_still_format(client, tmp_path):
    """Said at the upload, not found out later."""
    file, _ = animation(tmp_path)
    answer = client.upload("filters=grayscale", "format=jpeg", image=file)
    assert answer.status == 422 and answer.problem["code"] == "animation_not_supported"
