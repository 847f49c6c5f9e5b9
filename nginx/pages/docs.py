"""The pages of /docs: what openapi.json and the catalogue say, for people."""

import json
import shutil
import subprocess
from pathlib import Path

import gallery
import reference

HERE = Path(__file__).resolve().parent
WWW = HERE.parent / "www"
DOCS = WWW / "docs"


def fill(program: Path) -> None:
    """Makes `www/docs`: its pages anew each time, which takes no time, and its pictures where others are wanted."""
    DOCS.mkdir(parents=True, exist_ok=True)
    for name in ("docs.css", "search.js"):
        shutil.copy(HERE / name, DOCS)
    description = json.loads((WWW / "openapi.json").read_text())
    (DOCS / "index.html").write_text(reference.page(description))
    listed = subprocess.run([program, "filters", "--json"], check=True, capture_output=True).stdout
    catalogue = json.loads(listed)
    gallery.pictures(program, catalogue, DOCS / "pictures")
    (DOCS / "filters.html").write_text(gallery.page(catalogue))
