"""What an edge tells Prometheus, read as Prometheus reads it."""

import re
import time
import urllib.request
from dataclasses import dataclass

SAMPLE = re.compile(r"^([a-z_]+)(\{[^}]*\})? (\S+)$")
PATIENCE = 10
"""Seconds; each nginx worker hands over what it has counted once a second."""
ASKED_BY_MACHINES = 'route="page"'
"""Whoever waits for an edge asks it how it is, nobody knows how often."""


@dataclass(frozen=True)
class Scrape:
    """The page of a moment."""

    text: str

    @property
    def numbers(self) -> dict[str, float]:
        """By name and labels, as they are written."""
        found = {}
        for line in self.text.splitlines():
            if not line.startswith("#"):
                name, labels, value = SAMPLE.match(line).groups()
                found[name + (labels or "")] = float(value)
        return found

    @property
    def types(self) -> dict[str, str]:
        """By name."""
        return dict(line.split()[2:] for line in self.text.splitlines() if line.startswith("# TYPE"))

    def of(self, family: str) -> dict[str, float]:
        """What has been counted of a family, by labels."""
        return {name.removeprefix(family): value for name, value in self.numbers.items()
                if re.split("{", name)[0] == family and value and ASKED_BY_MACHINES not in name}


def scrape(address: str) -> Scrape:
    with urllib.request.urlopen(f"http://{address}/metrics", timeout=10) as answer:
        assert answer.headers["Content-Type"] == "text/plain; version=0.0.4; charset=utf-8"
        return Scrape(answer.read().decode())


def check(address: str, expected: dict[str, dict[str, float]]) -> None:
    """These families, named without `imgfilter_`, have come to just these numbers, by labels, and to no others."""
    end = time.monotonic() + PATIENCE
    while True:
        now = scrape(address)
        found = {family: now.of(f"imgfilter_{family}") for family in expected}
        if found == expected:
            return
        assert time.monotonic() < end, f"{found} instead of {expected}"
        time.sleep(0.1)
