"""docs/METRICS.md: the part of it that the program writes.

`python3 -m suites.metrics PROGRAM` writes that part anew.
"""

import subprocess
import sys
from pathlib import Path

from stack.places import CHECKOUT

PAGE = CHECKOUT / "docs/METRICS.md"
BEGIN, END = "<!-- written by `imgfilter metrics --markdown`, from here -->\n", "<!-- to here -->\n"


def fresh(program: Path, environment: dict[str, str] | None = None) -> str:
    """What the page should say."""
    command = [str(program), "metrics", "--markdown"]
    written = subprocess.run(command, check=True, capture_output=True, text=True, env=environment).stdout
    before, rest = PAGE.read_text().split(BEGIN)
    return f"{before}{BEGIN}\n{written}\n{END}{rest.split(END)[1]}"


def stale(program: Path, environment: dict[str, str]) -> bool:
    """Whether the page says something else; says so."""
    if PAGE.read_text() == fresh(program, environment):
        return False
    print(f"{PAGE.relative_to(CHECKOUT)} is not what `imgfilter metrics --markdown` prints: run `make docs`")
    return True


if __name__ == "__main__":
    PAGE.write_text(fresh(Path(sys.argv[1])))
