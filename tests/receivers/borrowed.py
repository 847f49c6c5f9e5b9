"""Other people's programs and libraries: pinned, installed once, kept under `target/`."""

import hashlib
import os
import shutil
import subprocess
import venv
from collections.abc import Callable
from pathlib import Path

from stack.places import CHECKOUT

HERE = Path(__file__).resolve().parent
HOME = Path(os.environ.get("CARGO_TARGET_DIR", CHECKOUT / "target")) / "receivers"


def kept(name: str, pins: Path, make: Callable[[Path], None]) -> Path:
    """A folder under `target/` that is made anew when what is pinned changes."""
    folder, digest = HOME / name, hashlib.sha256(pins.read_bytes()).hexdigest()
    ready = folder / "ready"
    if not ready.exists() or ready.read_text() != digest:
        shutil.rmtree(folder, ignore_errors=True)
        make(folder)
        ready.write_text(digest)
    return folder


def python(program: str = "python3") -> Path:
    """A program in an environment with the libraries from PyPI."""
    pins = HERE / "python" / "requirements.txt"

    def make(folder: Path) -> None:
        venv.create(folder, with_pip=True)
        command = [folder / "bin/pip", "install", "--quiet", "--no-deps", "--requirement", pins]
        subprocess.run(command, check=True, timeout=600, stderr=subprocess.DEVNULL)

    return kept("python", pins, make) / "bin" / program


def node(name: str = "node", pinned: Path = HERE / "node") -> Path:
    """A folder whose scripts find the libraries from npm that package.json and package-lock.json in `pinned` name."""
    def make(folder: Path) -> None:
        folder.mkdir(parents=True)
        for file in ("package.json", "package-lock.json"):
            shutil.copy(pinned / file, folder)
        command = ["npm", "ci", "--silent", "--ignore-scripts", "--no-audit", "--no-fund"]
        subprocess.run(command, cwd=folder, check=True, timeout=300)

    return kept(name, pinned / "package-lock.json", make)


def rust(programs: dict[str, str]) -> dict[str, Path]:
    """Programs, built from their sources, with the crates at hand."""
    pins = HERE / "rust" / "Cargo.lock"
    folder = kept("rust", pins, lambda folder: shutil.copytree(HERE / "rust", folder))
    sources = folder / "src" / "bin"
    sources.mkdir(parents=True, exist_ok=True)
    for name, source in programs.items():
        file = sources / f"{name}.rs"
        # What has not changed is not compiled again.
        if not file.exists() or file.read_text() != source:
            file.write_text(source)
    environment = os.environ | {"CARGO_TARGET_DIR": str(folder / "target")}
    subprocess.run(["cargo", "build", "--quiet", "--locked"], cwd=folder, check=True, timeout=600, env=environment)
    return {name: folder / "target" / "debug" / name for name in programs}
