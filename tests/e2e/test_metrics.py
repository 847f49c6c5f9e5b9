"""What workers tell Prometheus of what went through the whole service."""

import time
import urllib.request

from client import Client
from pictures import RAIN
from stack.listener import Listener


def scrape(stack) -> dict[str, float]:
    """All samples of the stack's worker, by name and labels."""
    with urllib.request.urlopen(stack.metrics["worker"], timeout=10) as answer:
        lines = answer.read().decode().splitlines()
    pairs = (line.rsplit(" ", 1) for line in lines if not line.startswith("#"))
    return {name: float(value) for name, value in pairs}


def test_uploads_of_both_lanes_are_counted_with_their_times(client: Client, stack, tmp_path):
    broken = tmp_path / "broken.jpg"
    broken.write_bytes(RAIN.read_bytes()[:100_000])
    before = scrape(stack)
    with Listener() as listener:
        client.finished("filters=grayscale", f"webhook={listener.url}", image=RAIN)
        client.finished("filters=" + "|".join(["median(8)"] * 2), image=RAIN)
        assert client.wait(client.accepted("filters=invert", image=broken))["status"] == "failed"
        listener.wait(1)

    def grown(name: str) -> float:
        return after[name] - before.get(name, 0)

    wanted = {
        'imgfilter_tasks_total{end="done",lane="fast"}': 1,
        'imgfilter_tasks_total{end="done",lane="slow"}': 1,
        'imgfilter_tasks_total{end="failed",lane="fast"}': 1,
        'imgfilter_queue_wait_seconds_count{lane="fast"}': 2,
        'imgfilter_queue_wait_seconds_count{lane="slow"}': 1,
        'imgfilter_deliveries_total{channel="webhook",end="delivered"}': 1,
        'imgfilter_filter_seconds_count{filter="median"}': 1,
        'imgfilter_filter_seconds_count{filter="grayscale"}': 1,
    }
    end = time.monotonic() + 20
    while any((after := scrape(stack)).get(name, 0) - before.get(name, 0) < count for name, count in wanted.items()):
        assert time.monotonic() < end, {name: after.get(name) for name in wanted}
        time.sleep(0.1)
    assert {name: grown(name) for name in wanted} == wanted
    for stage in ("fetch", "wait", "decode", "filter", "encode", "put", "complete"):
        assert grown(f'imgfilter_stage_seconds_sum{{stage="{stage}"}}') > 0, stage
    assert grown("imgfilter_original_bytes_total") == 2 * RAIN.stat().st_size + 100_000
    assert grown("imgfilter_result_bytes_total") > 0 and grown("imgfilter_pixels_total") >= 2 * 1920 * 1200
    budget = sum(after[f'imgfilter_memory_budget_bytes{{lane="{lane}"}}'] for lane in ("fast", "slow"))
    assert budget == float(stack.environment.get("IMGFILTER_MEMORY_BUDGET", 2 << 30))


def test_what_the_database_knows_is_told_and_fresh(stack):
    end = time.monotonic() + 30
    while "imgfilter_workers_wanted" not in (samples := scrape(stack)):
        assert time.monotonic() < end
        time.sleep(0.2)
    assert samples["imgfilter_workers"] >= 1 and samples["imgfilter_workers_wanted"] >= 1
    assert samples["imgfilter_state_age_seconds"] < 120
