"""Pictures of what Prometheus shows of a service, by its own page."""

import subprocess
import tempfile
from pathlib import Path
from urllib.parse import urlencode

from PIL import Image

from stack.prometheus import Prometheus

GRAPHS = {
    "uploads-and-tasks": 'sum by (end) (rate(imgfilter_uploads_total{end="taken"}[1m])) or sum by (end) (rate(imgfilter_tasks_total{end="done"}[1m]))',
    "waiting": "max by (lane) (imgfilter_queue_ready)",
    "stages": "sum by (stage) (rate(imgfilter_stage_seconds_sum[1m]))",
    "edge-stages": "histogram_quantile(0.95, sum by (le, stage) (rate(imgfilter_edge_stage_seconds_bucket[1m])))",
    "workers-wanted": "max(imgfilter_workers_wanted)",
}
"""Which expression is shown in which picture."""
WINDOW = (1000, 1000)
ABOVE = 335
"""The rows of the page before the graph, in pixels."""


def photograph(prometheus: Prometheus, minutes: int, folder: Path) -> list[Path]:
    """Takes a picture of each graph, over the last minutes."""
    folder.mkdir(parents=True, exist_ok=True)
    pictures = []
    for name, expression in GRAPHS.items():
        query = urlencode({"g0.expr": expression, "g0.tab": "0", "g0.range_input": f"{minutes}m"})
        with tempfile.TemporaryDirectory() as place:
            file = Path(place, "page.png")
            # A page is laid out by a clock of its own, and is done when that says so.
            command = ["chromium", "--headless=new", "--no-sandbox", "--disable-gpu", f"--window-size={WINDOW[0]},{WINDOW[1]}",
                       "--hide-scrollbars", "--virtual-time-budget=10000", f"--screenshot={file}", f"{prometheus.url}/graph?{query}"]
            subprocess.run(command, capture_output=True, check=True, timeout=120)
            page = Image.open(file).convert("RGB")
            picture = page.crop((0, ABOVE, page.width, page.height)).quantize(64)
        pictures.append(folder / f"{name}.png")
        picture.save(pictures[-1], optimize=True)
    return pictures
