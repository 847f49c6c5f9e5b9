"""A headless Chromium, told what to do through its debugging pipe."""

import json
import os
import subprocess
import tempfile
import time
from pathlib import Path


class Browser:
    """One browser with one tab; use it with `with`. `options` are further ones of its command line."""

    def __init__(self, *options: str):
        self.options = options

    def __enter__(self) -> "Browser":
        self.profile = tempfile.TemporaryDirectory(prefix="chromium-", ignore_cleanup_errors=True)
        theirs_in, self.to_browser = os.pipe()
        self.from_browser, theirs_out = os.pipe()
        options = ["--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--remote-debugging-pipe",
                   "--no-first-run", "--disable-background-networking", f"--user-data-dir={self.profile.name}", *self.options]
        shell = f'exec chromium "$@" 3<&{theirs_in} 4>&{theirs_out}'
        self.process = subprocess.Popen(["bash", "-c", shell, "chromium", *options, "about:blank"], pass_fds=(theirs_in, theirs_out),
                                        stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        os.close(theirs_in)
        os.close(theirs_out)
        self.unread = b""
        self.number = 0
        self.events: list[dict] = []
        """What the browser has told by itself."""
        self.session = None
        target = self.tell("Target.createTarget", url="about:blank")["targetId"]
        self.session = self.tell("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
        return self

    def __exit__(self, *_):
        self.session = None
        try:
            self.tell("Browser.close")
            self.process.wait(10)
        except (OSError, EOFError, subprocess.TimeoutExpired):
            self.process.kill()
            self.process.wait()
        os.close(self.to_browser)
        os.close(self.from_browser)
        self.profile.cleanup()

    def tell(self, method: str, **parameters) -> dict:
        """One command of the DevTools protocol and its answer."""
        self.number += 1
        message = {"id": self.number, "method": method, "params": parameters}
        if self.session:
            message["sessionId"] = self.session
        os.write(self.to_browser, json.dumps(message).encode() + b"\0")
        while (answer := self._read()).get("id") != self.number:
            self.events.append(answer)
        if "error" in answer:
            raise RuntimeError(f"{method}: {answer['error']}")
        return answer["result"]

    def _read(self) -> dict:
        while b"\0" not in self.unread:
            chunk = os.read(self.from_browser, 1 << 16)
            if not chunk:
                raise EOFError("the browser has ended")
            self.unread += chunk
        message, self.unread = self.unread.split(b"\0", 1)
        return json.loads(message)

    def value(self, expression: str):
        """What a piece of JavaScript evaluates to in the page."""
        return self.tell("Runtime.evaluate", expression=expression, returnByValue=True)["result"].get("value")

    def until(self, expression: str, seconds: float = 30):
        """Waits until the expression is true, also while the page is being replaced."""
        end = time.monotonic() + seconds
        while not (value := self.value(expression)):
            assert time.monotonic() < end, f"{expression} did not become true"
            time.sleep(0.1)
        return value

    def open(self, url: str) -> None:
        self.tell("Page.navigate", url=url)
        self.until(f"document.readyState == 'complete' && location.href == {json.dumps(url)}")

    def choose_file(self, selector: str, file: Path) -> None:
        """What a click on a file field and a choice in the dialog do."""
        root = self.tell("DOM.getDocument")["root"]["nodeId"]
        node = self.tell("DOM.querySelector", nodeId=root, selector=selector)["nodeId"]
        self.tell("DOM.setFileInputFiles", nodeId=node, files=[str(file)])
