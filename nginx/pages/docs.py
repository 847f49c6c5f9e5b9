"""The pages of /docs."""

import shutil
from pathlib import Path

HERE = Path(__file__).resolve().parent
DOCS = HERE.parent / "www" / "docs"


def fill() -> None:
    """Makes `www/docs` anew."""
    shutil.rmtree(DOCS, ignore_errors=True)
    DOCS.mkdir(parents=True)
    shutil.copy(HERE / "docs.css", DOCS)
