"""Where things are: the checkout, what cargo built, the state that lasts and the sockets that do not."""

import hashlib
import os
import pwd
import shutil
import stat
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

CHECKOUT = Path(__file__).resolve().parents[2]

# State of a root-owned checkout that PostgreSQL's and nginx's own users cannot reach.
OUTSIDE = Path("/var/lib/imgfilter-dev")


class StackError(Exception):
    """Something that the person who started the stack has to know, said in one line."""


@dataclass(frozen=True)
class Users:
    """Who runs what. None: everything runs as whoever started the stack."""

    database: str | None
    edge: str | None

    @staticmethod
    def choose() -> "Users":
        """PostgreSQL refuses to run as root, and nginx's workers should not."""
        if os.geteuid() != 0:
            return Users(None, None)
        return Users("postgres", "www-data")

    @property
    def edge_name(self) -> str:
        """The user that connects from nginx's workers."""
        return self.edge or pwd.getpwuid(os.geteuid()).pw_name


@dataclass(frozen=True)
class Build:
    """What cargo made, for one profile."""

    folder: Path

    @staticmethod
    def of(profile: str) -> "Build":
        """`profile` is cargo's folder name: `debug` or `release`."""
        target = Path(os.environ.get("CARGO_TARGET_DIR") or "target")
        return Build(CHECKOUT / target / profile)

    @property
    def program(self) -> Path:
        return self.folder / "imgfilter"

    @property
    def native_library(self) -> Path:
        return self.folder / "libimgfilter_native.so"

    @property
    def upload_module(self) -> Path:
        return self.folder / "libngx_http_upload_module.so"

    def check(self) -> None:
        """Raises StackError when something has not been built yet."""
        for file in (self.program, self.native_library, self.upload_module):
            if not file.exists():
                raise StackError(f"{file} is missing: run `make build` first")


def traversable(folder: Path) -> bool:
    """Whether any user may walk through this folder and all above it."""
    return all(each.stat().st_mode & stat.S_IXOTH for each in (folder, *folder.parents))


def lasting_state() -> Path:
    """`var/` of the checkout, moved out of the way of a closed home folder when other users have to read it."""
    var = CHECKOUT / "var"
    if os.geteuid() == 0 and not traversable(CHECKOUT):
        name = hashlib.sha256(str(CHECKOUT).encode()).hexdigest()[:12]
        elsewhere = OUTSIDE / name
        elsewhere.mkdir(parents=True, exist_ok=True)
        if not var.is_symlink():
            if var.exists() and any(var.iterdir()):
                raise StackError(f"{var} holds state that PostgreSQL's user cannot reach: move it to {elsewhere}")
            if var.exists():
                var.rmdir()
            if any(elsewhere.iterdir()):
                print(f"stack: {elsewhere} holds the state of an earlier checkout here, which goes on; `make reset` removes it", file=sys.stderr)
            var.symlink_to(elsewhere)
    var.mkdir(exist_ok=True)
    return var.resolve()


def socket_folder() -> Path:
    """A new private folder with a short name: a unix socket's path may have 107 bytes at most.

    Everybody may walk through it, nobody else may list it; what lies inside has its own permissions.
    """
    base = tempfile.gettempdir()
    if len(base) > 40 or not traversable(Path(base)):
        base = "/tmp"
    folder = Path(tempfile.mkdtemp(prefix="imgfilter-", dir=base))
    folder.chmod(0o711)
    return folder


def give(folder: Path, user: str | None, mode: int = 0o700) -> Path:
    """Makes a folder that belongs to `user`."""
    folder.mkdir(parents=True, exist_ok=True)
    folder.chmod(mode)
    if user:
        shutil.chown(folder, user, pwd.getpwnam(user).pw_gid)
    return folder
