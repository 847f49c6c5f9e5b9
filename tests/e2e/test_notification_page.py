"""docs/NOTIFICATIONS.md: what it tells its readers to run is run, on real messages and on forged ones."""

import base64
import hashlib
import hmac
import json
import os
import re
import subprocess
import time
from dataclasses import dataclass

import pytest

from browser import Browser
from owner import Owner
from pictures import RAIN
from receivers import borrowed, document, push
from stack.child import Child
from stack.listener import Call, Listener
from stack.places import CHECKOUT
from stack.ready import accepts, free_port, wait_until

BLOCKS = document.blocks(CHECKOUT / "docs" / "NOTIFICATIONS.md")

PYTHON = """
import json, sys
given = json.load(sys.stdin)
print(verified(given["secret"], given["headers"], given["body"].encode())["type"])
"""
NODE = """
import { readFileSync } from 'node:fs'
const { secret, headers, body } = JSON.parse(readFileSync(0, 'utf8'))
console.log(verified(secret, headers, body).type)
"""
RUST = """
fn main() {
    let mut headers = HeaderMap::new();
    for name in ["webhook-id", "webhook-timestamp", "webhook-signature"] {
        let value = std::env::var(name.to_uppercase().replace('-', "_")).unwrap();
        headers.insert(name, value.parse().unwrap());
    }
    let mut body = Vec::new();
    std::io::Read::read_to_end(&mut std::io::stdin(), &mut body).unwrap();
    verify(&std::env::var("SECRET").unwrap(), &headers, &body).unwrap();
}
"""


@dataclass(frozen=True)
class Signed:
    """What came, and what it is held against."""

    secret: str
    headers: dict[str, str]
    body: str

    @property
    def environment(self) -> dict[str, str]:
        own = {name.upper().replace("-", "_"): value for name, value in self.headers.items() if name.startswith("webhook-")}
        return os.environ | own | {"SECRET": self.secret}


@pytest.fixture(scope="module")
def programs(tmp_path_factory):
    """A way to run each receiver of the page."""
    folder, nodes = tmp_path_factory.mktemp("receivers"), borrowed.node()
    rust = borrowed.rust({name: BLOCKS[f"{name}.rs"] + RUST for name in ("library", "by_hand")})

    def call(name: str, signed: Signed) -> int:
        end = name.rsplit(".", 1)[1]
        given = json.dumps({"secret": signed.secret, "headers": signed.headers, "body": signed.body}) if end in ("py", "mjs") else signed.body
        (folder / "body").write_text(signed.body)
        commands = {
            "py": [borrowed.python(), "-c", BLOCKS[name] + PYTHON],
            "mjs": ["node", "--input-type=module", "-e", BLOCKS[name] + NODE],
            "rs": [rust[name.removesuffix(".rs")]] if end == "rs" else [],
            "sh": ["sh", "-eu", "-c", BLOCKS[name]],
        }
        cwd = nodes if end == "mjs" else folder
        return subprocess.run(commands[end], input=given, text=True, cwd=cwd, env=signed.environment, capture_output=True, timeout=60).returncode

    return call


@pytest.fixture(scope="module")
def genuine(telling) -> Signed:
    owner = Owner(telling, "page-receivers")
    with Listener() as listener:
        (target,) = owner.set({"channel": "webhook", "address": listener.url})
        owner.ask("POST", f"/me/notifications/{target['id']}/rotate")
        owner.order("filters=grayscale", image=RAIN)
        (call,) = listener.wait(1)
    return of(call, target["secret"])


def of(call: Call, secret: str) -> Signed:
    return Signed(secret, call.headers, call.body.decode())


@pytest.mark.parametrize("name", [f"{how}.{end}" for how in ("library", "by_hand") for end in ("py", "mjs", "rs")] + ["by_hand.sh"])
def test_receivers_know_what_is_genuine(programs, genuine, name):
    assert programs(name, genuine) == 0
    old = str(int(genuine.headers["webhook-timestamp"]) - 301)
    forgeries = [
        Signed("whsec_" + "A" * 43 + "=", genuine.headers, genuine.body),
        Signed(genuine.secret, genuine.headers, genuine.body.replace("done", "gone")),
        Signed(genuine.secret, genuine.headers | {"webhook-timestamp": old}, genuine.body),
        Signed(genuine.secret, genuine.headers | {"webhook-id": "msg_other"}, genuine.body),
        Signed(genuine.secret, genuine.headers | {"webhook-signature": "v1,AAAA"}, genuine.body),
    ]
    assert [programs(name, forged) != 0 for forged in forgeries] == [True] * len(forgeries)


def test_receivers_refuse_what_is_signed_and_old(programs, genuine):
    """A repetition that somebody has kept."""
    then = str(int(time.time()) - 301)
    key = base64.b64decode(genuine.secret.removeprefix("whsec_"))
    tag = hmac.new(key, f"{genuine.headers['webhook-id']}.{then}.{genuine.body}".encode(), hashlib.sha256).digest()
    again = Signed(genuine.secret, genuine.headers | {"webhook-timestamp": then, "webhook-signature": "v1," + base64.b64encode(tag).decode()},
                   genuine.body)
    names = [name for name in BLOCKS if re.fullmatch(r"(library|by_hand)\..*", name)]
    assert len(names) == 7 and [name for name in names if programs(name, again) == 0] == []


def test_the_receiver_to_try_with_receives(telling, tmp_path):
    owner, port = Owner(telling, "trying"), free_port()
    address = f"http://127.0.0.1:{port}/"
    (target,) = owner.set({"channel": "webhook", "address": address})
    child = Child("receiver", ["/usr/bin/python3", "-c", BLOCKS["receiver.py"]], tmp_path / "receiver.log",
                  {"PATH": "/usr/bin:/bin", "PORT": str(port), "WEBHOOK_SECRET": target["secret"]})
    child.start()
    try:
        wait_until("the receiver", lambda: accepts(port), 20, child)
        task = owner.order("filters=grayscale", image=RAIN)
        owner.until(lambda deliveries: [each["status"] for each in deliveries] == ["delivered"])
        assert 'genuine {"type":"task.done"' in child.tail() and task["id"] in child.tail() and "FORGED" not in child.tail()
    finally:
        child.stop()


def test_the_lines_for_owners_do_what_they_say(telling, everyone, tmp_path):
    owner = Owner(telling, "page")
    (tmp_path / "photo.jpg").write_bytes(RAIN.read_bytes())

    def run(name: str, **names: str) -> dict:
        done = subprocess.run(["sh", "-eu", "-c", BLOCKS[f"{name}.sh"]], cwd=tmp_path, capture_output=True, text=True, timeout=60,
                              env=os.environ | {"URL": telling.url, "KEY": owner.key} | names)
        assert done.returncode == 0, f"{name}: {done.stdout}{done.stderr}"
        return json.loads(done.stdout)

    with Listener() as listener:
        letters = len(everyone.mail.to("ann@example.org"))
        webhook, mail = run("set", WEBHOOK=listener.url)["targets"]
        assert run("list")["targets"] == [webhook, mail]
        (code,) = re.findall(r"\d{6}", everyone.mail.wait("ann@example.org", letters + 1)[-1]["subject"])
        run("verify", CODE=code, EMAIL_TARGET=mail["id"])
        assert run("rotate", TARGET=webhook["id"])["secret"] != webhook["secret"]
        task = run("order")
        owner.client.wait(task)
        owner.until(lambda deliveries: any(each["event"] == "task.done" and each["status"] == "delivered" for each in deliveries))
        assert [each["channel"] for each in owner.deliveries() if each["event"] == "task.done"] == ["email"], "the webhook was muted"
        delivered = run("deliveries")["deliveries"]
        told = next(each for each in delivered if each["event"] == "task.done")
        run("replay", DELIVERY=told["id"])

        listener.statuses[:] = [410, 204]
        owner.order("filters=sepia", image=RAIN)
        owner.until(lambda _: owner.targets()[0]["status"] == "disabled")
        assert run("enable", TARGET=webhook["id"])["status"] == "active"


def test_a_page_subscribes_and_is_told(telling, everyone):
    ours = push.Browser()
    subscription = ours.subscription(everyone.push.endpoint("page"))
    with Browser() as browser:
        browser.tell("Browser.grantPermissions", permissions=["notifications"], origin=telling.url)
        browser.open(f"{telling.url}/healthz")
        # No push service can be reached from here: the browser's part of it is played.
        browser.value(f"""PushManager.prototype.subscribe = async options => {{
            window.asked = options; return {{ toJSON: () => ({json.dumps(subscription)}) }} }}""")
        browser.value(BLOCKS["page.js"])
        browser.value(f"""(async () => {{
            const canvas = new OffscreenCanvas(64, 64); canvas.getContext('2d').fillRect(0, 0, 9, 9)
            const file = new File([await canvas.convertToBlob()], 'page.png', {{ type: 'image/png' }})
            window.task = await uploadAndBeTold(file, 'grayscale') }})()""")
        task = browser.until("window.task")
        assert browser.value("window.asked") == {"userVisibleOnly": True, "applicationServerKey": everyone.vapid[1]}
    wait_until("the message", lambda: bool(everyone.push.to("page")), 30)
    assert ours.open(everyone.push.to("page")[0].body)["task"] == task["id"]
