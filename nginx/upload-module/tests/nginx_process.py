"""A real nginx in a folder of its own."""

import contextlib
import os
import pathlib
import pwd
import shutil
import signal
import socket
import subprocess
import tempfile
import time

# Mounts a small file system for nginx alone, in a name space that goes with it.
SMALL_DISK = 'mount -t tmpfs -o "size=1m,$1" tmpfs "$2" && shift 2 && exec "$@"'
CONFIGURATION = pathlib.Path(__file__).with_name("nginx.conf")


def wait_until(condition, seconds=10.0):
    """Waits for a condition, and returns whether it came true."""
    end = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > end:
            return False
        time.sleep(0.01)
    return True


def can_mount():
    return subprocess.run(["unshare", "-rm", "true"], capture_output=True, check=False).returncode == 0


class Nginx:
    """nginx with the upload module and Lua. It listens on unix sockets only."""

    def __init__(self, module, configuration=None, user=None, **values):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="upload-", dir="/tmp"))
        self.folder.chmod(0o755)
        self.prefix = []
        self.process = None
        shutil.copy(module, self.folder / "module.so")
        # As root, nginx gives its workers another user, who must be able to write where they write.
        self.user = user or ("www-data" if os.geteuid() == 0 else None)
        for name in ["spool", "levels", "full", "files", "tmp"]:
            self.make_folder(name)
        values = {"WORKERS": 1, "BODY_TIMEOUT": "60s", "AIO": "off", "MAIN": ""} | values | {
            "FOLDER": self.folder,
            "MODULE": self.folder / "module.so",
            "USER": f"user {self.user};" if self.user else "",
        }
        text = configuration or CONFIGURATION.read_text()
        for name, value in values.items():
            text = text.replace(f"@{name}@", str(value))
        (self.folder / "nginx.conf").write_text(text)

    def make_folder(self, name):
        path = self.folder / name
        path.mkdir()
        return self.give(path)

    def make_file(self, name, content=b""):
        """A file to append to."""
        path = self.folder / "files" / name
        path.write_bytes(content)
        return self.give(path)

    def give(self, path):
        """Gives a file or folder to the user the workers have."""
        if os.geteuid() == 0:
            user = pwd.getpwnam(self.user)
            os.chown(path, user.pw_uid, user.pw_gid)
        return path

    def start_on_a_small_disk(self):
        """Starts it with a file system of 1 MB on its folder `full`; returns where that can be seen from outside."""
        space = ["unshare", "-m"] if os.geteuid() == 0 else ["unshare", "-rm"]
        self.prefix = [*space, "sh", "-c", SMALL_DISK, "sh", "mode=0777", str(self.folder / "full")]
        self.start()
        (worker,) = self.workers()
        return pathlib.Path(f"/proc/{worker}/root{self.folder}/full")

    @property
    def command(self):
        return ["/usr/sbin/nginx", "-p", f"{self.folder}/", "-c", "nginx.conf", "-e", "error.log"]

    def check(self):
        """`nginx -t`: whether the configuration is good, and what nginx says."""
        run = subprocess.run([*self.command, "-t"], capture_output=True, text=True, timeout=60, check=False)
        return run.returncode == 0, run.stderr

    def start(self):
        for name in ["h1.sock", "h2.sock"]:
            (self.folder / name).unlink(missing_ok=True)
        self.process = subprocess.Popen([*self.prefix, *self.command], start_new_session=True)
        assert wait_until(self.answers, 30), self.log()
        return self

    def answers(self):
        assert self.process.poll() is None, self.log()
        with contextlib.suppress(OSError), socket.socket(socket.AF_UNIX) as client:
            client.connect(str(self.h1))
            client.settimeout(5)
            client.sendall(b"GET /no-upload HTTP/1.0\r\n\r\n")
            return client.recv(12) == b"HTTP/1.1 200"
        return False

    def stop(self):
        """Ends it whatever state it is in, and with it every process it made."""
        if self.process is None:
            return
        self.process.terminate()
        with contextlib.suppress(subprocess.TimeoutExpired):
            self.process.wait(10)
        self.kill()

    def kill(self):
        """`kill -9` of the master and all workers at once."""
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait(10)
        self.process = None

    def remove(self):
        self.stop()
        shutil.rmtree(self.folder)

    def reload(self):
        """Loads the configuration again, and waits for the new workers."""
        old = set(self.workers())
        self.process.send_signal(signal.SIGHUP)
        assert wait_until(lambda: set(self.workers()) - old and self.answers())

    def workers(self):
        """Process ids of the workers, those that are going away included."""
        if "master_process off;" in (self.folder / "nginx.conf").read_text():
            return [self.process.pid]
        children = pathlib.Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children").read_text()
        return [int(child) for child in children.split()]

    def open_files(self):
        return [len(os.listdir(f"/proc/{worker}/fd")) for worker in self.workers()]

    @property
    def h1(self):
        return self.folder / "h1.sock"

    @property
    def h2(self):
        return self.folder / "h2.sock"

    @property
    def spool(self):
        return self.folder / "spool"

    def spooled(self):
        """Names of everything in the spool."""
        return sorted(path.name for path in self.spool.rglob("*"))

    def spool_is_empty(self):
        """Whether the spool is empty, or becomes it soon: nginx ends a request after its answer."""
        return wait_until(lambda: not self.spooled())

    def log(self):
        path = self.folder / "error.log"
        return path.read_text(errors="replace") if path.exists() else "no error log"

    def is_sound(self):
        """Whether no worker has crashed, and nothing has panicked."""
        log = self.log()
        return not any(word in log for word in ["exited on signal", "panicked", "[alert]"])
