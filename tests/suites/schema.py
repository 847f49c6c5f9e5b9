"""The schema of the database: that docs/SCHEMA.sql shows it as it is, and that a test speaks of each of its functions.

`python3 -m suites.schema` writes the page anew.
"""

import re
import subprocess
import sys

from stack.database import Cluster, programs
from stack.places import CHECKOUT

from .session import Session

PAGE = CHECKOUT / "docs/SCHEMA.sql"

HEAD = """\
-- The schema as `imgfilter migrate` leaves it, written by `make schema` and compared by the tests: tables, constraints,
-- indexes, what the functions take and answer, and who may call them. What a column means stands in sql/migrations, what
-- a function does in sql/functions.

"""

# What pg_dump says about itself and its session.
NOISE = re.compile(r"^(--.*|SET .*|SELECT pg_catalog\.set_config.*|\\(un)?restrict .*)\n", re.MULTILINE)
BODY = re.compile(r"\n    AS (\$\w*\$).*?\1;$", re.MULTILINE | re.DOTALL)


def migrated(session: Session, name: str) -> str:
    """Makes a database of this name, and has the program migrate it."""
    session.cluster.create(name)
    url = session.cluster.url("imgfilter", name)
    environment = session.environment | {"IMGFILTER_MIGRATE_DATABASE_URL": url}
    subprocess.run([session.build.program, "migrate"], check=True, env=environment)
    return name


def dump(cluster: Cluster, database: str) -> str:
    """What the page should say of this database."""
    command = [programs() / "pg_dump", "--schema-only", "--schema=imgfilter", "--no-owner", "-h", cluster.sockets,
               "-U", "postgres", database]
    text = subprocess.run(command, check=True, capture_output=True, text=True, cwd="/").stdout
    text = BODY.sub(";", NOISE.sub("", text))
    return HEAD + re.sub(r"\n{3,}", "\n\n", text).strip() + "\n"


def stale(cluster: Cluster, database: str) -> bool:
    """Whether the page says something else; says so."""
    if PAGE.exists() and PAGE.read_text() == dump(cluster, database):
        return False
    print(f"{PAGE.relative_to(CHECKOUT)} is not what a database looks like that has just been migrated: run `make schema`")
    return True


def untested() -> list[str]:
    """The functions that no test in SQL calls; names them."""
    folder = CHECKOUT / "sql"
    tests = "\n".join(file.read_text() for file in sorted((folder / "tests").iterdir()))
    called = set(re.findall(r"(?<!pg_temp\.)\b(\w+)\(", tests))
    missing = [file.stem for file in sorted((folder / "functions").glob("*.sql")) if file.stem not in called]
    for name in missing:
        print(f"sql/functions/{name}.sql: no test in sql/tests calls it")
    return missing


def main() -> int:
    session = Session()
    try:
        PAGE.write_text(dump(session.cluster, migrated(session, "schema")))
    finally:
        session.close()
    return 0


if __name__ == "__main__":
    sys.exit(main())
