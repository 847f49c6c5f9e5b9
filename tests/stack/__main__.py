"""`python3 -m stack run|start|stop|status`."""

import argparse
import sys
from pathlib import Path

from . import supervisor
from .places import StackError, lasting_state

COMMANDS = {each.__name__: each for each in (supervisor.run, supervisor.start, supervisor.stop, supervisor.status)}


def main() -> int:
    parser = argparse.ArgumentParser(prog="stack", description="PostgreSQL, store, nginx and worker of this checkout.")
    parser.add_argument("command", choices=COMMANDS)
    parser.add_argument("--profile", default="release", help="what cargo built: release or debug")
    parser.add_argument("--state", type=Path, help="where everything is kept (default: var/ of the checkout)")
    options = parser.parse_args()
    try:
        state = options.state or lasting_state()
        state.mkdir(parents=True, exist_ok=True)
        return COMMANDS[options.command](state, options.profile)
    except StackError as error:
        print(f"stack: {error}", file=sys.stderr)
        return 1


if __name__ == "__main__":
    sys.exit(main())
