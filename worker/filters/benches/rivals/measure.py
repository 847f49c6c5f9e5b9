"""Times one contestant within its own process and prints what it found as a line of JSON."""

import json
import resource
import time


def peak_mib(who: int = resource.RUSAGE_SELF) -> float:
    return resource.getrusage(who).ru_maxrss / 1024


def middle(values: list[float]) -> float:
    return sorted(values)[len(values) // 2]


def measure(run, rounds: int, seconds: float, who: int = resource.RUSAGE_SELF) -> None:
    """Runs until there are enough rounds or the time is over, twice at least. `run` gives the number of bytes."""

    def processor() -> float:
        usage = resource.getrusage(who)
        return usage.ru_utime + usage.ru_stime

    before, begin, walls, processors, size = peak_mib(who), time.monotonic(), [], [], 0
    while len(walls) < rounds and (len(walls) < 2 or time.monotonic() - begin < seconds):
        wall, used = time.perf_counter(), processor()
        size = run()
        walls.append((time.perf_counter() - wall) * 1e3)
        processors.append((processor() - used) * 1e3)
    print(json.dumps({
        "wall_ms": middle(walls), "cpu_ms": middle(processors), "peak_mib": peak_mib(who),
        "grown_mib": peak_mib(who) - before, "bytes": size, "rounds": len(walls),
    }))
