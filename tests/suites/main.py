"""Choosing suites, running them one after the other, and the table at the end."""

import time
from dataclasses import dataclass

from . import catalogue
from .catalogue import Suite
from .count import Count, Miscount
from .session import Session


@dataclass(frozen=True)
class Result:
    """How one suite went."""

    suite: str
    count: Count
    seconds: float


def choose(words: list[str]) -> list[Suite]:
    """The suites that these words name, in the catalogue's order; no word names all."""
    known = {suite.name for suite in catalogue.SUITES} | {suite.group for suite in catalogue.SUITES}
    for word in words:
        if word not in known:
            raise SystemExit(f"tests/run: there is no suite {word!r}; there are: {', '.join(sorted(known))}")
    return [suite for suite in catalogue.SUITES if not words or {suite.name, suite.group} & set(words)]


def run(suite: Suite, session: Session, arguments: list[str]) -> Result:
    """Runs one suite; a runner that cannot say how many tests it ran has failed."""
    print(f"\n=== {suite.name}: {suite.about}", flush=True)
    start = time.monotonic()
    try:
        count = suite.run(session, arguments)
    except (Miscount, OSError, RuntimeError, *catalogue.Problem) as problem:
        print(f"{suite.name}: {problem}", flush=True)
        count = Count(failed=1)
    return Result(suite.name, count, time.monotonic() - start)


def table(results: list[Result]) -> str:
    """The last lines of a run."""
    lines = ["", f"{'suite':<16}{'passed':>8}{'failed':>8}{'skipped':>9}{'seconds':>9}"]
    for each in results:
        count = each.count
        lines.append(f"{each.suite:<16}{count.passed:>8}{count.failed:>8}{count.skipped:>9}{each.seconds:>9.1f}")
    total = sum((each.count for each in results), Count())
    skipped = f", {total.skipped} skipped" if total.skipped else ""
    return "\n".join([*lines, "", f"{total.passed} passed, {total.failed} failed{skipped}"])


def main(words: list[str]) -> int:
    """0 when tests ran and none failed."""
    split = words.index("--") if "--" in words else len(words)
    suites = choose(words[:split])
    session = Session()
    try:
        results = [run(suite, session, words[split + 1:]) for suite in suites]
    finally:
        session.close()
    print(table(results), flush=True)
    total = sum((each.count for each in results), Count())
    return 0 if total.passed and not total.failed else 1
