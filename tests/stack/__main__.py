"""`python3 -m stack run|start|stop|status`."""

import argparse
import sys

from . import supervisor
from .places import StackError

COMMANDS = {each.__name__: each for each in (supervisor.run, supervisor.start, supervisor.stop, supervisor.status)}


def main() -> int:
    parser = argparse.ArgumentParser(prog="stack", description="PostgreSQL, store, nginx and worker of this checkout.")
    parser.add_argument("command", choices=COMMANDS)
    try:
        return COMMANDS[parser.parse_args().command]()
    except StackError as error:
        print(f"stack: {error}", file=sys.stderr)
        return 1


if __name__ == "__main__":
    sys.exit(main())
