"""What the pages for operators say to be typed, written or pasted, taken out of them."""

import json
import re

from stack.places import CHECKOUT

PAGES = CHECKOUT / "docs"
BLOCK = re.compile(r"^ *```(\w*)[^\n]*\n(.*?)^ *```$", re.MULTILINE | re.DOTALL)


def blocks(page: str, language: str) -> list[str]:
    """The blocks of a language on a page."""
    return [text for found, text in BLOCK.findall((PAGES / page).read_text()) if found == language]


def policies() -> dict[str, dict]:
    """The policies of the page about stores, by the word that their statements' names begin with: Edge, Worker, Setup."""
    documents = [json.loads(text) for text in blocks("operations/STORES.md", "json")]
    found = [document for document in documents if "Statement" in document]
    return {re.match("[A-Z][a-z]+", each["Statement"][0]["Sid"])[0]: each for each in found}


def actions(policy: dict) -> set[str]:
    """What a policy allows."""
    listed = (each["Action"] for each in policy["Statement"])
    return {action for each in listed for action in (each if isinstance(each, list) else [each])}


def commands(page: str, name: str) -> list[str]:
    """The commands of the block of this name, a line each."""
    found = re.findall(rf"^ *```sh {name}\n(.*?)^ *```$", (PAGES / page).read_text(), re.MULTILINE | re.DOTALL)
    assert len(found) == 1, f"{page} has {len(found)} blocks {name}"
    lines = (line.strip() for line in found[0].replace("\\\n", "").splitlines())
    return [line for line in lines if line and not line.startswith("#")]
