"""What processes cost, as the kernel says it."""

import os
from dataclasses import dataclass
from pathlib import Path

from stack.child import descendants

TICKS = os.sysconf("SC_CLK_TCK")


def family(pid: int) -> list[int]:
    """A process and all that it started."""
    return [pid, *descendants(pid)]


def processor_seconds(pid: int) -> float:
    """What a process and its descendants have used, in user and system: also those that have ended, if somebody of the
    family has waited for them."""
    total = 0
    for each in family(pid):
        try:
            fields = Path(f"/proc/{each}/stat").read_text().rsplit(")", 1)[1].split()
        except (FileNotFoundError, ProcessLookupError):
            continue
        total += sum(map(int, fields[11:15]))
    return total / TICKS


@dataclass(frozen=True)
class Size:
    """What a process holds."""

    descriptors: int
    resident: int
    """In bytes."""


def size(pid: int) -> Size | None:
    """None: the process is gone."""
    try:
        descriptors = len(os.listdir(f"/proc/{pid}/fd"))
        pages = int(Path(f"/proc/{pid}/statm").read_text().split()[1])
    except (FileNotFoundError, ProcessLookupError):
        return None
    return Size(descriptors, pages * os.sysconf("SC_PAGE_SIZE"))


def proportional(pid: int) -> int:
    """Bytes of memory that a process holds, its share of what it has in common with others; 0: the process is gone."""
    try:
        lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
    except (FileNotFoundError, ProcessLookupError):
        return 0
    return next((int(line.split()[1]) << 10 for line in lines if line.startswith("Pss:")), 0)
