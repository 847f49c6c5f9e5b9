"""Presets and the limits of chains, in a real nginx."""

import json
import shutil
from urllib.parse import quote

import pytest

from client import ask, upload
from stack.places import StackError


def chain(text: str) -> str:
    """The query of an upload with this chain."""
    return "?filters=" + quote(text)


@pytest.fixture
def presets(stack):
    """A folder of presets that nginx can read, as the stack's own."""
    folder = stack.plan.state / "presets"
    shutil.copytree(stack.environment["IMGFILTER_PRESETS"], folder)
    yield folder
    shutil.rmtree(folder)


def spec(stack, task: str) -> dict:
    """What the worker will be given."""
    return json.loads(stack.cluster.sql(f"select spec from imgfilter.task where id = '{task}'", "imgfilter"))


def test_presets_are_listed(stack):
    listed = ask(stack.url, "GET", "/filters").json()
    assert [preset["name"] for preset in listed["presets"]] == ["postcard", "thumbnail"]
    assert listed["presets"][1]["chain"].startswith("resize(") and listed["presets_only"] is False


def test_a_preset_is_kept_as_it_was_when_it_was_asked_for(stack, photo):
    answer = upload(stack.url, photo, chain("preset(thumbnail)"))
    assert answer.status == 202
    task = answer.json()
    assert task["results"][0]["filters"] == "preset(thumbnail)"
    assert spec(stack, task["id"])["chains"][0].startswith("resize(width=320")


def test_an_unknown_preset(stack, photo):
    problem = upload(stack.url, photo, chain("invert|preset(thumbnial)")).problem
    assert problem["code"] == "invalid_filters" and problem["suggestion"] == "thumbnail"
    assert problem["position"] == {"filters": 0, "offset": 14, "length": 9}


def test_nothing_but_presets(another_edge, photo):
    url = another_edge(PRESETS_ONLY="true")
    assert upload(url, photo, chain("preset(thumbnail)")).status == 202
    for text in ("", "grayscale", "look(noir)", "preset(thumbnail)|grayscale"):
        problem = upload(url, photo, chain(text)).problem
        assert problem["status"] == 400 and problem["code"] == "presets_only", text
        assert problem["suggestion"] == "preset(postcard)"
    # no chain at all is an empty one
    assert upload(url, photo).problem["code"] == "presets_only"
    listed = ask(url, "GET", "/filters").json()
    assert listed["presets_only"] is True and "chain" not in listed["presets"][0]


def test_a_broken_preset_keeps_nginx_from_starting(another_edge, presets):
    (presets / "broken.chain").write_text("# Broken\n\ngrayscale | sepai\n")
    with pytest.raises(StackError) as failure:
        another_edge(PRESETS=str(presets))
    assert f"{presets}/broken.chain:3:13: " in str(failure.value) and "did you mean sepia?" in str(failure.value)


@pytest.mark.parametrize("setting, value, good, bad, code", [
    ("MAX_CHAIN_LENGTH", "9", "grayscale", "grayscale ", "chain_too_long"),
    ("MAX_CHAIN_FILTERS", "2", "flip|flip", "flip|flip|flip", "too_many_chain_filters"),
    ("MAX_EQUATION_LENGTH", "5", "equation(r=b+g)", "equation(r=b-ga)", "equation_too_long"),
    ("MAX_EQUATION_DEPTH", "2", "equation(r=-b)", "equation(r=--b)", "equation_too_deep"),
    ("MAX_EQUATION_OPERATIONS", "3", "equation(r=b+g)", "equation(r=b+g+r)", "equation_too_complex"),
])
def test_each_limit_of_chains_has_a_setting_and_a_code(another_edge, photo, setting, value, good, bad, code):
    # the stack's own presets are longer than that
    url = another_edge(PRESETS="/nowhere", **{setting: value})
    assert upload(url, photo, chain(good)).status == 202
    problem = upload(url, photo, chain(bad)).problem
    assert (problem["status"], problem["code"], problem["limit"]) == (400, code, int(value))
    assert problem["field"] == "filters"


@pytest.mark.parametrize("setting, value, code", [
    ("MAX_DIMENSION", "63", "dimension_too_large"),
    ("MAX_PIXELS", "3071", "too_many_pixels"),
    ("MAX_TOTAL_PIXELS", "3071", "too_many_total_pixels"),
    ("MAX_OUTPUT_DIMENSION", "63", "output_dimension_too_large"),
])
def test_each_limit_of_images_has_a_setting_and_a_code(another_edge, photo, setting, value, code):
    # the picture has 64 × 48 pixels
    assert upload(another_edge(**{setting: str(int(value) + 1)}), photo).status == 202
    problem = upload(another_edge(**{setting: value}), photo).problem
    assert (problem["status"], problem["code"], problem["limit"]) == (422, code, int(value))
