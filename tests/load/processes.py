"""What processes cost, as the kernel says it."""

import os
from dataclasses import dataclass
from pathlib import Path

from stack.child import descendants

TICKS = os.sysconf("SC_CLK_TCK")


def family(pid: int) -> list[int]:
    """A process and all that it started."""
    return [pid, *descendants(pid)]


def processor_seconds(pid: int, ended: bool = False) -> float:
    """What a process and its living descendants have used, in user and system; if `ended`, also what its children had used
    when they ended."""
    total = 0
    for each in family(pid):
        try:
            fields = Path(f"/proc/{each}/stat").read_text().rsplit(")", 1)[1].split()
        except (FileNotFoundError, ProcessLookupError):
            continue
        total += int(fields[11]) + int(fields[12])
        if ended and each == pid:
            total += int(fields[13]) + int(fields[14])
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
