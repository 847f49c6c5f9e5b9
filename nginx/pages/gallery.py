"""The catalogue as a page: every filter and every look, on one photograph."""

import hashlib
import json
import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from html import escape
from pathlib import Path

from page import code, frame, text

CHECKOUT = Path(__file__).resolve().parents[2]
PHOTO = CHECKOUT / "docs" / "pictures" / "coffee.jpg"
# The operator's files that some examples name.
SAMPLES = CHECKOUT / "worker" / "filters" / "tests"
WIDTH, HEIGHT = 240, 160
QUALITY = 60


def pictures(program: Path, catalogue: dict, folder: Path) -> None:
    """Writes what each chain of the page makes of the photograph, unless that is there."""
    chains = {name: chain for name, chain in named(catalogue)}
    wanted = json.dumps([chains, WIDTH, HEIGHT, QUALITY, hashlib.sha256(PHOTO.read_bytes()).hexdigest()])
    stamp, digest = folder / "made", hashlib.sha256(wanted.encode()).hexdigest()
    if stamp.exists() and stamp.read_text() == digest:
        return
    folder.mkdir(parents=True, exist_ok=True)
    # As large as two pictures: what takes a part of it still fills its own.
    small = apply(program, PHOTO.read_bytes(), f"resize({2 * WIDTH}, {2 * HEIGHT})", "png")

    def make(name: str) -> None:
        whole = f"{chains[name]}|resize({WIDTH}, {HEIGHT}, enlarge=no)"
        (folder / f"{name}.webp").write_bytes(apply(program, small, whole, "webp"))

    with ThreadPoolExecutor(max_workers=os.cpu_count()) as pool:
        list(pool.map(make, chains))
    stamp.write_text(digest)


def named(catalogue: dict):
    """Each picture of the page: its name, and the chain that makes it."""
    yield from ((f"look-{each['name']}", f"look({each['name']})") for each in catalogue["looks"])
    yield from ((each["name"], each["example"]) for each in catalogue["filters"])


def apply(program: Path, image: bytes, chain: str, form: str) -> bytes:
    """An image through a chain; a chain that fails ends the whole."""
    command = [program, "apply", "-", "--filters", chain, "--format", form, "--quality", str(QUALITY), "--threads", "1", "--output", "-"]
    environment = os.environ | {"IMGFILTER_ASSETS": str(SAMPLES / "assets"), "IMGFILTER_PRESETS": str(SAMPLES / "presets")}
    done = subprocess.run(command, input=image, capture_output=True, env=environment)
    if done.returncode:
        sys.exit(f"{chain}: {done.stderr.decode().strip()}")
    return done.stdout


def page(catalogue: dict) -> str:
    """The whole page."""
    looks, filters = catalogue["looks"], catalogue["filters"]
    contents = [
        '<h2><a href="#looks">Looks</a></h2>\n<ul>',
        *(f'<li><a href="#look-{each["name"]}">{escape(each["title"])}</a></li>' for each in looks),
        '</ul>\n<h2><a href="#filters">Filters</a></h2>\n<ul>',
        *(f'<li><a href="#{each["name"]}">{each["name"]}</a></li>' for each in filters), "</ul>\n"]
    body = [
        "<p>A chain is <code>name(arguments)|name(arguments)…</code>, applied from left to right. What is here is made by the "
        "service's own program. Of a service that runs, <code>GET /filters</code> says the same for programs.</p>\n",
        '<h2 id="looks">Looks</h2>\n<div class="gallery">\n', *(look(each) for each in looks),
        '</div>\n<h2 id="filters">Filters</h2>\n<div class="gallery">\n', *(single(each) for each in filters), "</div>\n"]
    return frame("docs/filters", "Filters and looks", "".join(contents), "".join(body))


def card(name: str, title: str, alternative: str, below: str) -> str:
    """`name` is that of the picture, and of the place on the page."""
    return (f'<section id="{name}" data-search="{escape(title)}">\n<img src="pictures/{name}.webp" width="{WIDTH}" height="{HEIGHT}" '
            f'loading="lazy" alt="{escape(alternative)}">\n<h3>{escape(title)}</h3>\n{below}</section>\n')


def look(each: dict) -> str:
    below = (f"<p>{code('look(' + each['name'] + ')')}</p>\n<details><summary>Its chain</summary><p>{code(each['chain'])}</p></details>\n")
    return card(f"look-{each['name']}", each["title"], f"A photograph of a cup of coffee in the look {each['title']}", below)


def single(each: dict) -> str:
    below = f"<p>{code(each['example'])}</p>\n<p>{text(each['summary'])}.</p>\n"
    if each["parameters"]:
        lines = "".join(f"<dt>{code(one['name'])}</dt><dd>{parameter(one)}</dd>\n" for one in each["parameters"])
        below += f"<details><summary>Parameters</summary>\n<dl>\n{lines}</dl></details>\n"
    return card(each["name"], each["name"], f"A photograph of a cup of coffee through {each['example']}", below)


def parameter(one: dict) -> str:
    """What a parameter may be."""
    words = [one["type"]]
    if "choices" in one:
        words = [" ".join(code(choice) for choice in one["choices"])]
    if one["min"] is not None:
        words.append(f"{one['min']:g} to {one['max']:g}{' ' + one['unit'] if one['unit'] else ''}")
    if one["required"]:
        words.append("required")
    elif one["default"] is not None:
        words.append(f"{code(one['default'])} without it")
    return ", ".join(words)
