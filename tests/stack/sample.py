"""A photograph to try the service with, and a line to paste."""

import shlex
import shutil
from pathlib import Path

from .places import StackError

PHOTOGRAPH = Path("/usr/share/backgrounds/mate/nature/RainDrops.jpg")


def photo(state: Path) -> Path:
    """A photograph of Debian's package mate-backgrounds: 1920 × 1200, 1.2 MB."""
    if not PHOTOGRAPH.exists():
        raise StackError("package mate-backgrounds is missing: run `make deps` first")
    copy = state / "photo.jpg"
    shutil.copyfile(PHOTOGRAPH, copy)
    return copy


def line(url: str, photograph: Path) -> str:
    """A shell line that uploads the photograph with two chains, waits for the task and downloads both results."""
    upload = f"curl -sS -F image=@{shlex.quote(str(photograph))} -F 'filters=sepia(0.8)|blur(3)' -F filters=grayscale {url}/images"
    status = "grep -o 'http[^\"]*/tasks/[^\"]*' | sed 's/$/?wait=30/' | xargs curl -sS"
    download = "grep -o 'http[^\"]*/d/[^\"]*' | xargs -n 1 curl -sS -O --no-clobber -w '%{filename_effective}\\n'"
    return f"{upload} | {status} | tee /dev/stderr | {download}"
