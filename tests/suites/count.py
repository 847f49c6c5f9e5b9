"""How many tests a runner ran, read from what it printed or wrote."""

import re
import xml.etree.ElementTree as xml
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Count:
    """Tests of one suite."""

    passed: int = 0
    failed: int = 0
    skipped: int = 0

    def __add__(self, other: "Count") -> "Count":
        return Count(self.passed + other.passed, self.failed + other.failed, self.skipped + other.skipped)


class Miscount(Exception):
    """The output did not say how many tests ran."""


def single(code: int) -> Count:
    """A check that passes or fails as a whole."""
    return Count(passed=1) if code == 0 else Count(failed=1)


def nextest(output: str) -> Count:
    """`Summary [ 1.2s] 10 tests run: 9 passed (1 slow), 1 failed, 2 timed out, 3 skipped`"""
    lines = re.findall(r"Summary \[.*?\] (.*)", output)
    if not lines:
        raise Miscount("nextest printed no summary")
    found = {word: int(number) for number, word in re.findall(r"(\d+) (passed|failed|timed out|skipped)", lines[-1])}
    return Count(found.get("passed", 0), found.get("failed", 0) + found.get("timed out", 0), found.get("skipped", 0))


def cargo(output: str) -> Count:
    """`test result: ok. 9 passed; 1 failed; 0 ignored; …`, one line for each binary"""
    lines = re.findall(r"^test result: .*? (\d+) passed; (\d+) failed; (\d+) ignored", output, re.MULTILINE)
    if not lines:
        raise Miscount("cargo test printed no result")
    return sum((Count(*map(int, line)) for line in lines), Count())


def tap(output: str) -> Count:
    """Lines `ok 1 - …` and `not ok 2 - …`"""
    lines = re.findall(r"^(not ok|ok) \d+(.*)$", output, re.MULTILINE)
    if not lines:
        raise Miscount("no line of TAP was printed")
    skipped = sum("# SKIP" in rest.upper() for word, rest in lines if word == "ok")
    failed = sum(word == "not ok" for word, _ in lines)
    return Count(len(lines) - failed - skipped, failed, skipped)


def junit(file: Path) -> Count:
    """The report that pytest writes."""
    if not file.exists():
        raise Miscount(f"{file} was not written")
    suite = xml.parse(file).getroot().find("testsuite")
    tests, failed, skipped = (int(suite.get(name)) for name in ("tests", "failures", "skipped"))
    failed += int(suite.get("errors"))
    return Count(tests - failed - skipped, failed, skipped)
