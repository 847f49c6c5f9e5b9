"""What a page tells its readers to run, taken out of it, so that a test can run it."""

import re
from pathlib import Path

BLOCK = re.compile(r"^<!-- run: (\S+) -->\n```[a-z]*\n(.*?)^```$", re.MULTILINE | re.DOTALL)


def blocks(page: Path) -> dict[str, str]:
    """The blocks that have a name, by it."""
    found = BLOCK.findall(page.read_text())
    names = [name for name, _ in found]
    assert len(names) == len(set(names)), f"a name is there twice: {names}"
    return dict(found)
