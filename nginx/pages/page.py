"""What all pages of /docs have in common: their frame, and text made into markup."""

import re
from html import escape

# `docs`, as it is addressed from the service's first page, and what its name in the head of each page is.
PAGES = {"docs": "API", "docs/filters": "Filters and looks"}


def text(words: str) -> str:
    """A line of openapi.json or the catalogue: what stands between backticks is code."""
    return re.sub(r"`([^`]+)`", r"<code>\1</code>", escape(words, quote=False))


def code(words: object) -> str:
    return f"<code>{escape(str(words), quote=False)}</code>"


def slug(words: str) -> str:
    """A name that can be a fragment of a URL."""
    return re.sub(r"[^a-z0-9]+", "-", words.lower()).strip("-")


def frame(address: str, title: str, contents: str, body: str) -> str:
    """A whole page. `address` is one of PAGES; `contents`, its list of what is there. All links are relative, because the
    service may lie behind a path."""
    root = "../" * address.count("/")
    links = "".join(
        f'<li><a href="{root}{each}"{" aria-current=page" if each == address else ""}>{name}</a></li>'
        for each, name in PAGES.items())
    return f"""<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta name="description" content="{escape(title)} of imgfilter, which filters images that are uploaded">
<title>{escape(title)} · imgfilter</title>
<link rel="icon" href="{root}icon.svg" type="image/svg+xml">
<link rel="stylesheet" href="{root}docs/docs.css">
<script type="module" src="{root}docs/search.js"></script>
</head>
<body>
<a class="skip" href="#main">To the contents</a>
<header>
<nav aria-label="Pages">
<ul>
<li><a class="home" href="{root or "./"}">imgfilter</a></li>{links}
<li><a href="{root}openapi.json">openapi.json</a></li>
</ul>
</nav>
</header>
<div class="columns">
<nav class="contents" aria-label="On this page">
<div class="search" hidden><label for="search">Search this page</label><input id="search" type="search" autocomplete="off">
<p role="status" id="found"></p></div>
{contents}
</nav>
<main id="main" tabindex="-1">
<h1>{escape(title)}</h1>
{body}
</main>
</div>
</body>
</html>
"""
