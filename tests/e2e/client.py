"""Talking to the service as its users do: with curl."""

import json
import subprocess
import tempfile
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit


@dataclass(frozen=True)
class Answer:
    """What came back for one request."""

    status: int
    version: str
    headers: dict[str, str]
    body: bytes

    def json(self):
        return json.loads(self.body)

    @property
    def problem(self) -> dict:
        """The error of an answer that must be one."""
        assert self.headers["content-type"].startswith("application/problem+json"), self
        problem = self.json()
        assert problem["status"] == self.status and problem["type"] == f"/problems/{problem['code']}", problem
        assert problem["title"] and problem["detail"], problem
        return problem


def curl(*arguments: object, seconds: int = 90) -> Answer:
    """One request by the command line program; raises when there is no HTTP answer at all."""
    with tempfile.TemporaryDirectory() as folder:
        headers, body = Path(folder, "headers"), Path(folder, "body")
        command = ["curl", "-sS", "-D", headers, "-o", body, "-w", "%{http_code} %{http_version}", "-m", seconds, *arguments]
        done = subprocess.run([str(word) for word in command], capture_output=True, text=True)
        assert done.returncode == 0, f"curl ended with {done.returncode}: {done.stderr}"
        status, version = done.stdout.split()
        last = headers.read_text().strip().split("\n\n")[-1].splitlines()[1:]
        pairs = (line.split(":", 1) for line in last if ":" in line)
        return Answer(int(status), version, {name.strip().lower(): value.strip() for name, value in pairs},
                      body.read_bytes() if body.exists() else b"")


class Client:
    """The API of one running service."""

    def __init__(self, url: str):
        self.url = url

    def upload(self, *forms: str, image: Path | None = None, more: tuple = ()) -> Answer:
        """POST /images as a form; `forms` are further `name=value` parts, sent exactly as they are."""
        parts = ["-F", f"image=@{image}"] if image else []
        for form in forms:
            parts += ["-F", form]
        return curl(*more, *parts, f"{self.url}/images")

    def accepted(self, *forms: str, image: Path, more: tuple = ()) -> dict:
        """An upload that must be accepted; returns the task."""
        answer = self.upload(*forms, image=image, more=more)
        assert answer.status == 202, answer
        return answer.json()

    def again(self, image: str, *more: str, **options) -> Answer:
        """POST /tasks: the kept original filtered again; `more` are further arguments of curl."""
        body = json.dumps({"image": image} | options)
        return curl("-H", "Content-Type: application/json", "--data-binary", body, *more, f"{self.url}/tasks")

    def wait(self, task: dict, seconds: int = 30) -> dict:
        """The task when it has ended, or as it is after so many seconds."""
        answer = curl(f"{self.url}/tasks/{task['id']}?wait={seconds}")
        assert answer.status == 200, answer
        return answer.json()

    def finished(self, *forms: str, image: Path) -> dict:
        """Uploads, waits, and insists that the task is done."""
        task = self.wait(self.accepted(*forms, image=image))
        assert task["status"] == "done", task
        return task

    def results(self, *forms: str, image: Path) -> list[bytes]:
        """The files that an upload becomes."""
        return [self.download(result["url"]) for result in self.finished(*forms, image=image)["results"]]

    def download(self, url: str) -> bytes:
        answer = curl(url)
        assert answer.status == 200, answer
        return answer.body

    @property
    def port(self) -> int:
        return urlsplit(self.url).port
