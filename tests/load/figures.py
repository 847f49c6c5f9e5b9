"""Figures that a measurement leaves behind."""

import json
import math
import os
from pathlib import Path

from stack.places import CHECKOUT


def quantile(values: list[float], share: float) -> float:
    """The smallest value that this share of all is not above."""
    ordered = sorted(values)
    return ordered[max(0, math.ceil(len(ordered) * share) - 1)]


def place(name: str) -> Path:
    """Where they are kept: `bench/NAME.json` beside what cargo built."""
    target = Path(os.environ.get("CARGO_TARGET_DIR") or "target")
    return CHECKOUT / target / "bench" / f"{name}.json"


def keep(name: str, figures: dict) -> Path:
    """Writes them to their place."""
    return write(place(name), figures)


def write(file: Path, figures: dict) -> Path:
    """Writes them to a file, whose folder need not exist."""
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(json.dumps(figures, indent=2) + "\n")
    return file
