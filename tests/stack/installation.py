"""A small installation of the checkout, in a folder that nginx's workers can read."""

import shutil
from pathlib import Path

from .places import CHECKOUT, Build


def install(build: Build, into: Path) -> None:
    """Copies afresh what the edge reads: Lua, static nginx files, the web pages, the two libraries, some assets and presets."""
    shutil.rmtree(into, ignore_errors=True)
    into.mkdir(mode=0o755)
    shutil.copytree(CHECKOUT / "lua" / "imgfilter", into / "lua" / "imgfilter")
    (into / "nginx").mkdir()
    for file in (CHECKOUT / "nginx").glob("*.conf"):
        shutil.copy(file, into / "nginx")
    shutil.copytree(CHECKOUT / "nginx" / "www", into / "nginx" / "www")
    for name in ("assets", "presets"):
        shutil.copytree(CHECKOUT / "worker" / "filters" / "tests" / name, into / name)
    shutil.copy(build.native_library, into)
    shutil.copy(build.upload_module, into)
    for path in into.rglob("*"):
        path.chmod(0o755 if path.is_dir() else 0o644)
