"""The suites, in the order in which they run: what is quick to fail comes first."""

import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from stack.places import CHECKOUT, Build, StackError

from . import count, metrics, schema
from .count import Count
from .session import Session

Problem = (StackError, subprocess.CalledProcessError)


@dataclass(frozen=True)
class Suite:
    """One kind of test."""

    name: str
    group: str
    about: str
    run: Callable[[Session, list[str]], Count]


def call(session: Session, command: list, environment: dict | None = None) -> tuple[int, str]:
    """Runs a command in the checkout; what it prints is shown as it comes and returned at the end."""
    process = subprocess.Popen([str(word) for word in command], cwd=CHECKOUT, text=True, errors="replace",
                               env=session.environment | (environment or {}), stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    lines = []
    for line in process.stdout:
        sys.stdout.write(line)
        sys.stdout.flush()
        lines.append(line)
    return process.wait(), "".join(lines)


def check(session: Session, *command) -> Count:
    return count.single(call(session, command)[0])


def agree(code: int, counted: Count) -> Count:
    """A runner that failed without a failed test has failed all the same."""
    return counted if code == 0 or counted.failed else counted + Count(failed=1)


def tracked(*patterns: str) -> list[str]:
    """The checkout's files of these kinds."""
    command = ["git", "ls-files", "--cached", "--others", "--exclude-standard", *patterns]
    names = subprocess.run(command, cwd=CHECKOUT, check=True, capture_output=True, text=True).stdout.split()
    return [name for name in names if (CHECKOUT / name).exists()]


def rustfmt(session: Session, _: list[str]) -> Count:
    return check(session, "cargo", "fmt", "--all", "--check")


def clippy(session: Session, _: list[str]) -> Count:
    return check(session, "cargo", "clippy", "--workspace", "--all-targets", "--locked", "--", "-D", "warnings")


def luacheck(session: Session, _: list[str]) -> Count:
    return check(session, "luacheck", "--quiet", "--config", "lua/.luacheckrc", "lua")


def shellcheck(session: Session, _: list[str]) -> Count:
    scripts = [name for name in tracked() if starts_with_sh(CHECKOUT / name)]
    return check(session, "shellcheck", *scripts)


def starts_with_sh(file: Path) -> bool:
    with open(file, "rb") as text:
        return text.readline().strip() in (b"#!/bin/sh", b"#!/bin/bash", b"#!/usr/bin/env bash")


def pages(session: Session, _: list[str]) -> Count:
    """The pages that the program writes itself, beside what it would write now."""
    result = Count()
    for name in ("filters", "config"):
        page = CHECKOUT / "docs" / {"filters": "FILTERS.md", "config": "CONFIGURATION.md"}[name]
        fresh = subprocess.run([session.build.program, name, "--markdown"], capture_output=True, text=True, check=True,
                               env=session.environment).stdout
        same = page.exists() and page.read_text() == fresh
        if not same:
            print(f"{page.relative_to(CHECKOUT)} is not what `imgfilter {name} --markdown` prints: run `make docs`")
        result += count.single(0 if same else 1)
    return result + count.single(int(metrics.stale(session.build.program, session.environment)))


def rust(session: Session, arguments: list[str]) -> Count:
    """Unit and integration tests, and the examples in the documentation."""
    environment = {"IMGFILTER_TEST_DATABASE": session.cluster.url("postgres", "postgres")}
    common = ["--workspace", "--locked"]
    session.build  # noqa: B018 (tests of the edge load the libraries it makes)
    if shutil.which("cargo-nextest"):
        command = ["cargo", "nextest", "run", *common, "--no-fail-fast", "--status-level", "fail", *arguments]
        code, output = call(session, command, environment)
        result = agree(code, count.nextest(output))
    else:
        code, output = call(session, ["cargo", "test", *common, "--no-fail-fast", "--lib", "--bins", "--tests", *arguments], environment)
        result = agree(code, count.cargo(output))
    code, output = call(session, ["cargo", "test", *common, "--doc", *arguments], environment)
    return result + agree(code, count.cargo(output))


def lua(session: Session, arguments: list[str]) -> Count:
    code, output = call(session, ["busted", "--output=TAP", *arguments, "lua/spec"])
    return agree(code, count.tap(output))


def sql(session: Session, arguments: list[str]) -> Count:
    """pgTAP, in a database that the program has just migrated; and the page that shows its schema."""
    cluster, name = session.cluster, schema.migrated(session, f"pgtap_{os.getpid()}")
    result = count.single(int(schema.stale(cluster, name))) + count.single(len(schema.untested()))
    cluster.sql("create extension pgtap", name)
    files = sorted(str(file) for file in (CHECKOUT / "sql/tests").glob("*.sql"))
    command = ["pg_prove", "--verbose", "-h", cluster.sockets, "-U", "postgres", "-d", name, *arguments, *files]
    code, output = call(session, command)
    return result + agree(code, count.tap(output))


def pytest(session: Session, folder: str, arguments: list[str], environment: dict[str, str]) -> Count:
    report = session.folder / f"{folder.replace('/', '-')}.xml"
    command = ["/usr/bin/python3", "-m", "pytest", "-q", "-ra", "-p", "no:cacheprovider", f"--junitxml={report}", folder, *arguments]
    code, _ = call(session, command, environment)
    return agree(code, count.junit(report))


def module(session: Session, arguments: list[str]) -> Count:
    environment = {"UPLOAD_MODULE": str(session.build.upload_module)}
    return pytest(session, "nginx/upload-module/tests", arguments, environment)


def forms(session: Session, arguments: list[str]) -> Count:
    """Our parser of forms is asked by a program of its own."""
    build = ["cargo", "build", "--locked", "-p", "imgfilter-multipart", "--example", "account"]
    subprocess.run(build, cwd=CHECKOUT, check=True, env=session.environment)
    environment = {"ACCOUNT": str(Build.of("debug").folder / "examples" / "account")}
    return pytest(session, "nginx/multipart/tests", arguments, environment)


def edge(session: Session, arguments: list[str]) -> Count:
    session.build.check()
    return pytest(session, "lua/spec/nginx", arguments, {})


def operation(session: Session, arguments: list[str]) -> Count:
    session.build.check()
    return pytest(session, "tests/operation", arguments, {})


def e2e(session: Session, arguments: list[str]) -> Count:
    session.build.check()
    return pytest(session, "tests/e2e", arguments, {})


def page(session: Session, arguments: list[str]) -> Count:
    """The runner is node's own; it is started beside what it tests."""
    session.build.check()
    code, output = call(session, ["/usr/bin/python3", "-m", "page", *arguments])
    return agree(code, count.tap(output))


def chaos(session: Session, arguments: list[str]) -> Count:
    session.build.check()
    return check(session, "/usr/bin/python3", "-m", "load.chaos", "--short", "--profile", "debug", *arguments)


SUITES = (
    Suite("rustfmt", "lint", "the Rust code is formatted", rustfmt),
    Suite("clippy", "lint", "no warning in any crate, test or bench", clippy),
    Suite("luacheck", "lint", "no warning in the Lua code", luacheck),
    Suite("shellcheck", "lint", "no warning in the shell scripts", shellcheck),
    Suite("pages", "lint", "the generated pages are fresh", pages),
    Suite("rust", "unit", "unit and integration tests of the crates", rust),
    Suite("lua", "unit", "the Lua side, one module at a time", lua),
    Suite("sql", "unit", "tables and functions, with pgTAP", sql),
    Suite("forms", "unit", "the upload parser beside other people's, on generated bodies", forms),
    Suite("module", "unit", "the upload module inside a real nginx", module),
    Suite("edge", "service", "the Lua side inside a real nginx, before PostgreSQL and the store", edge),
    Suite("operation", "service", "make run, start and stop; systemd units; the generated nginx configuration", operation),
    Suite("e2e", "service", "the real nginx, PostgreSQL, store and worker", e2e),
    Suite("page", "service", "the pages for people, in a real browser", page),
    Suite("chaos", "service", "uploads while parts of the service are killed", chaos),
)
