"""Other people's code that the pages load: pinned, brought by npm, laid out for `import`."""

import hashlib
import os
import shutil
import subprocess
from pathlib import Path

HERE = Path(__file__).resolve().parent
CHECKOUT = HERE.parents[1]
LIBRARIES = HERE.parent / "www" / "lib"
# npm's own folder is none of the service's.
INSTALLED = CHECKOUT / os.environ.get("CARGO_TARGET_DIR", "target") / "pages"

# tus-js-client is bundled as a script, which leaves its name with the window: this makes a module of it.
TUS_EXPORTS = "\nexport const { Upload, isSupported, defaultOptions, DetailedError } = globalThis.tus\n"


def fill() -> None:
    """Makes `www/lib`, unless it is there as package-lock.json wants it."""
    pins = (HERE / "package-lock.json").read_bytes() + Path(__file__).read_bytes()
    stamp, digest = LIBRARIES / "pinned", hashlib.sha256(pins).hexdigest()
    if stamp.exists() and stamp.read_text() == digest:
        return
    modules = install()
    shutil.rmtree(LIBRARIES, ignore_errors=True)
    LIBRARIES.mkdir(parents=True)
    (LIBRARIES / "tus.js").write_text(read(modules / "tus-js-client/dist/tus.min.js") + TUS_EXPORTS)
    (LIBRARIES / "qr.js").write_text(read(modules / "uqr/dist/index.mjs"))
    (LIBRARIES / "licences.txt").write_text(licences(modules))
    stamp.write_text(digest)


def install() -> Path:
    """The folder of all packages, as they are pinned. Nothing of theirs is run."""
    INSTALLED.mkdir(parents=True, exist_ok=True)
    for name in ("package.json", "package-lock.json"):
        shutil.copy(HERE / name, INSTALLED)
    command = ["npm", "ci", "--silent", "--ignore-scripts", "--no-audit", "--no-fund"]
    subprocess.run(command, cwd=INSTALLED, check=True, timeout=300)
    return INSTALLED / "node_modules"


def read(script: Path) -> str:
    """A script without the address of its source map, which is not here."""
    lines = script.read_text().splitlines()
    return "\n".join(line for line in lines if not line.startswith("//# sourceMappingURL=")) + "\n"


def licences(modules: Path) -> str:
    """What the authors of all these packages ask to be passed on."""
    texts = []
    for package in sorted(modules.glob("*/package.json")):
        files = sorted(file for file in package.parent.iterdir() if file.name.lower().startswith(("license", "licence", "copying")))
        texts += [f"=== {package.parent.name}\n\n{file.read_text().strip()}\n" for file in files]
    return "\n\n".join(texts)
