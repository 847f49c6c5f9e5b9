"""The pages for people: how they are sent, what a browser is told about them, and what it gets where nothing is."""

import gzip
import re

import pytest

from client import ask

ID = "01930000-0000-7000-8000-000000000000"
BROWSER = {"Accept": "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"}


def test_a_page_is_asked_for_again_each_time(stack):
    answer = ask(stack.url, "GET", "/icon.svg")
    assert answer.status == 200 and answer.headers["Content-Type"] == "image/svg+xml"
    assert answer.headers["Cache-Control"] == "no-cache"
    again = ask(stack.url, "GET", "/icon.svg", headers={"If-None-Match": answer.headers["ETag"]})
    assert (again.status, again.body) == (304, b"")
    assert ask(stack.url, "GET", "/icon.svg", headers={"If-None-Match": '"other"'}).status == 200


def test_a_page_may_load_only_from_here(stack):
    answer = ask(stack.url, "GET", "/icon.svg")
    policy = dict(part.split(" ", 1) for part in answer.headers["Content-Security-Policy"].split("; "))
    assert policy["default-src"] == policy["base-uri"] == policy["frame-ancestors"] == "'none'"
    assert policy["script-src"] == policy["style-src"] == policy["connect-src"] == "'self'"
    assert policy["img-src"] == "'self' blob: data:"
    assert "unsafe" not in answer.headers["Content-Security-Policy"]
    assert answer.headers["X-Content-Type-Options"] == "nosniff" and answer.headers["Referrer-Policy"] == "no-referrer"


def test_a_page_may_load_results_from_where_clients_are_sent(another_edge):
    url = another_edge(DOWNLOADS="redirect", PRESIGNED_ENDPOINT="https://s3.example:443")
    policy = ask(url, "GET", "/icon.svg").headers["Content-Security-Policy"]
    assert "img-src 'self' https://s3.example blob: data:;" in policy and "connect-src 'self' https://s3.example;" in policy


def test_head_says_what_get_says(stack):
    get, head = ask(stack.url, "GET", "/icon.svg"), ask(stack.url, "HEAD", "/icon.svg")
    assert (head.status, head.body) == (200, b"")
    for name in ("Content-Type", "Content-Length", "ETag", "Cache-Control", "Content-Security-Policy"):
        assert head.headers[name] == get.headers[name], name


@pytest.mark.parametrize("path", ["/filters", "/openapi.json"])
def test_what_is_text_is_sent_compressed_to_those_who_can_read_it(stack, path):
    plain = ask(stack.url, "GET", path)
    packed = ask(stack.url, "GET", path, headers={"Accept-Encoding": "gzip"})
    assert plain.headers["Content-Encoding"] is None and packed.headers["Content-Encoding"] == "gzip"
    assert gzip.decompress(packed.body) == plain.body
    assert "Accept-Encoding" in packed.headers["Vary"] and "Accept-Encoding" in plain.headers["Vary"]


def test_what_is_private_is_not_compressed(stack):
    answer = ask(stack.url, "GET", "/nowhere", headers={"Accept-Encoding": "gzip"})
    assert answer.headers["Content-Encoding"] is None


@pytest.mark.parametrize("path", ["/app", "/app/", "/lib/", "/schemas/", "/docs/pictures/", "/docs/pictures", "/index.html", "/docs/index.html",
                                  "/lib/pinned", "/app/../openapi.json.bak", "/docs/../../http.conf", "/app/%2e%2e/%2e%2e/http.conf",
                                  "/app/.hidden", "/lib/package.json", "/docs/docs.css/", "/docs/x.css"])
def test_no_folder_is_listed_and_no_other_file_is_sent(stack, path):
    answer = ask(stack.url, "GET", path)
    assert answer.problem["code"] in ("not_found", "malformed_request")


def test_the_docs_have_one_address(stack):
    """The answer is relative: it is right behind a path, too."""
    answer = ask(stack.url, "GET", "/docs/")
    assert answer.status == 308 and answer.headers["Location"] == "../docs"


@pytest.mark.parametrize("path, status", [("/nowhere", 404), ("/tasks/x", 404), ("/d/x/y.jpg", 404), (f"/tasks/{ID}?wait=99", 400)])
def test_people_are_told_of_problems_on_a_page(stack, path, status):
    answer = ask(stack.url, "GET", path, headers=BROWSER)
    assert answer.status == status and answer.headers["Content-Type"] == "text/html; charset=utf-8"
    assert answer.headers["Cache-Control"] == "no-store"
    assert answer.headers["Content-Security-Policy"].startswith("default-src 'none'; style-src 'self'")
    problem = ask(stack.url, "GET", path).problem
    page = answer.body.decode()
    assert f"<h1>{problem['title']}</h1>" in page and str(status) in page and 'href="/"' in page
    assert int(answer.headers["Content-Length"]) == len(answer.body)
    head = ask(stack.url, "HEAD", path, headers=BROWSER)
    assert (head.status, head.body, head.headers["Content-Length"]) == (status, b"", answer.headers["Content-Length"])


def test_programs_are_told_of_problems_as_ever(stack):
    for accept in ("*/*", "application/json", "image/avif,image/webp,*/*", ""):
        assert ask(stack.url, "GET", "/nowhere", headers={"Accept": accept}).problem["code"] == "not_found"
    assert ask(stack.url, "POST", "/nowhere", b"", BROWSER).problem["code"] == "not_found"


def test_a_page_of_a_problem_leads_back_behind_a_path(another_edge):
    url = another_edge(PUBLIC_URL="https://example.org/tools/pictures/")
    page = ask(url, "GET", "/nowhere", headers=BROWSER).body.decode()
    assert set(re.findall(r'href="([^"]*)"', page)) == {"/tools/pictures/", "/tools/pictures/icon.svg", "/tools/pictures/docs/docs.css"}


def test_what_a_problem_repeats_is_no_markup(stack):
    answer = ask(stack.url, "GET", "/deliveries?status=%3Cscript%3E", headers=BROWSER)
    assert b"<script" not in answer.body
