"""What the suites of one run share: the folder of reports, what was built, one PostgreSQL."""

import os
import shutil
import subprocess
import tempfile
from functools import cached_property
from pathlib import Path

from stack.database import Cluster
from stack.places import CHECKOUT, Build, Users, socket_folder


class Session:
    """Made once per run; everything in it is made when first asked for, and taken away at the end."""

    def __init__(self):
        self.folder = Path(tempfile.mkdtemp(prefix="imgfilter-test-"))
        self.folder.chmod(0o711)
        self.sockets = socket_folder()
        self.environment = {name: value for name, value in os.environ.items() if not name.startswith("IMGFILTER_")}
        self.environment |= {"PYTHONPATH": str(CHECKOUT / "tests"), "PYTHONDONTWRITEBYTECODE": "1"}

    @cached_property
    def build(self) -> Build:
        """The test profile is cargo's `dev`, whose dependencies are optimised."""
        subprocess.run(["cargo", "build", "--workspace", "--locked"], cwd=CHECKOUT, check=True, env=self.environment)
        return Build.of("debug")

    @cached_property
    def cluster(self) -> Cluster:
        """A PostgreSQL for the suites that make databases of their own in it."""
        cluster = Cluster(self.folder / "postgresql", self.sockets / "pg", self.folder / "postgresql.log",
                          Users.choose(), lasting=False)
        cluster.start()
        return cluster

    def close(self) -> None:
        if "cluster" in self.__dict__:
            self.cluster.child.stop()
        shutil.rmtree(self.folder, ignore_errors=True)
        shutil.rmtree(self.sockets, ignore_errors=True)
