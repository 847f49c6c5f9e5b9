"""`python3 -m page [serve | lighthouse | run SCRIPT… | options of node]`."""

import os
import shlex
import signal
import subprocess
import sys

from receivers import borrowed

from .services import HERE, Services


def serve(environment: dict[str, str]) -> int:
    """Says where everything is, in the words of a shell, and stays."""
    signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT, signal.SIGTERM})
    own = {name: value for name, value in environment.items() if name.startswith("PAGE_")}
    print("\n".join(f"export {name}={shlex.quote(value)}" for name, value in own.items()), flush=True)
    signal.sigwait({signal.SIGINT, signal.SIGTERM})
    return 0


def main(words: list[str]) -> int:
    with Services(os.environ.get("PAGE_PROFILE", "debug")) as services:
        environment = os.environ | services.environment()
        if words == ["serve"]:
            return serve(environment)
        if words == ["lighthouse"]:
            environment["PAGE_LIGHTHOUSE"] = str(borrowed.node("lighthouse", HERE / "lighthouse"))
            for script in ("preview.mjs", "measure.mjs"):
                subprocess.run(["node", HERE / "lighthouse" / script], env=environment, check=True)
            return 0
        if words[:1] == ["run"]:
            return subprocess.run(["node", *words[1:]], env=environment).returncode
        command = ["node", "--test-reporter=tap", "--test-reporter-destination=stdout", *words, HERE / "all.mjs"]
        return subprocess.run(command, env=environment).returncode


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
