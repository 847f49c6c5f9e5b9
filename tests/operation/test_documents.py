"""The pages: links lead somewhere, what is to be pasted can be read, and the package has all of them."""

import json
import re
import tomllib

import pytest
import yaml
from pages import BLOCK, PAGES, blocks

from stack.places import CHECKOUT

FILES = sorted([*PAGES.rglob("*.md"), CHECKOUT / "README.md"])
LINK = re.compile(r"\]\((?!https?:|mailto:)([^)\s]+)\)")


def anchors(text: str) -> set[str]:
    """The places in a page, as GitHub names them."""
    found: list[str] = []
    for heading in re.findall(r"^#+ (.+)$", re.sub(BLOCK, "", text), re.MULTILINE):
        words = re.sub(r"\[([^\]]*)\]\([^)]*\)", r"\1", heading).lower()
        name = re.sub(r"[^\w\- ]", "", words).replace(" ", "-")
        found.append(name if name not in found else f"{name}-{found.count(name)}")
    return set(found)


@pytest.mark.parametrize("page", FILES, ids=lambda file: str(file.relative_to(CHECKOUT)))
def test_links_lead_somewhere(page):
    text = re.sub(BLOCK, "", page.read_text())
    for target in LINK.findall(text):
        path, _, anchor = target.partition("#")
        file = (page.parent / path).resolve() if path else page
        assert file.exists(), f"{target} leads nowhere"
        if anchor and file.suffix == ".md":
            assert anchor in anchors(file.read_text()), f"{target}: there is no such heading"


def test_what_is_to_be_pasted_can_be_read():
    for page in sorted((PAGES / "operations").glob("*.md")):
        name = f"operations/{page.name}"
        for text in blocks(name, "json"):
            json.loads(text)
        for text in blocks(name, "yaml"):
            list(yaml.safe_load_all(text))


def test_the_examples_of_scaling_follow_one_number():
    (policy,) = (json.loads(text) for text in blocks("operations/SCALING.md", "json"))
    metrics = policy["CustomizedMetricSpecification"]["Metrics"]
    shown = [each for each in metrics if each["ReturnData"]]
    assert len(shown) == 1 and set(re.findall(r"\w+", shown[0]["Expression"])) == {each["Id"] for each in metrics} - {shown[0]["Id"]}
    (scaled,) = (yaml.safe_load(text) for text in blocks("operations/SCALING.md", "yaml"))
    (trigger,) = scaled["spec"]["triggers"]
    assert scaled["kind"] == "ScaledObject" and trigger["type"] == "prometheus"
    assert "imgfilter_workers_wanted" in trigger["metadata"]["query"] and trigger["metadata"]["threshold"] == "1"
    assert all(isinstance(value, str) for value in trigger["metadata"].values()), "KEDA wants words"


def test_every_page_for_operators_is_in_the_index():
    index = (PAGES / "OPERATIONS.md").read_text()
    for page in (PAGES / "operations").glob("*.md"):
        assert f"(operations/{page.name})" in index, page.name


def test_the_package_has_every_page():
    assets = tomllib.loads((CHECKOUT / "worker" / "Cargo.toml").read_text())["package"]["metadata"]["deb"]["assets"]
    sources = [source.removeprefix("../") for source, _, _ in assets]
    for page in (page for page in PAGES.rglob("*.md") if page.parent.name != "pictures"):
        folder = str(page.parent.relative_to(CHECKOUT))
        assert f"{folder}/*.md" in sources, page
