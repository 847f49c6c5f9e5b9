"""Web push: opened by another implementation, from a service that shows itself, and shown by a real browser."""

import json
import time

import pytest

from browser import Browser
from client import curl
from owner import Owner
from pictures import RAIN
from receivers import push

WAIT = 30


def pushed(everyone, name: str, count: int = 1):
    end = time.monotonic() + WAIT
    while len(calls := everyone.push.to(name)) < count:
        assert time.monotonic() < end, f"{len(calls)} of {count} messages came for {name}"
        time.sleep(0.05)
    return calls


@pytest.fixture(scope="module")
def message(telling, everyone):
    """A task that names a subscription and no key, the message that came, and its browser."""
    browser = push.Browser()
    subscription = json.dumps(browser.subscription(everyone.push.endpoint("ann")))
    client = Owner(telling, "pages").client
    task = client.finished("filters=grayscale", f"push={subscription}", image=RAIN)
    (call,) = pushed(everyone, "ann")
    return task, call, browser


def test_a_message_is_opened_by_another_implementation(message):
    task, call, browser = message
    assert browser.open(call.body) == {
        "type": "task.done", "task": task["id"], "title": "Your image is ready", "url": task["results"][0]["url"],
        "body": browser.open(call.body)["body"]}
    assert call.headers["content-encoding"] == "aes128gcm" and len(call.body) <= 4096
    assert int(call.headers["ttl"]) > 0 and call.headers["urgency"] in ("very-low", "low", "normal", "high")
    assert len(call.headers["topic"]) <= 32 and len(push.unbase64url(call.headers["topic"])) == 16


def test_the_service_shows_itself(message, everyone):
    _, call, _ = message
    claims = push.sender(call, everyone.push.origin)
    assert claims["sub"] == "mailto:images@example.com" and claims["key"] == everyone.vapid[1]
    assert time.time() < claims["exp"] <= time.time() + 86_400


def test_pages_are_given_the_same_key(telling, everyone):
    answer = curl(f"{telling.url}/push-key")
    assert answer.status == 200 and answer.json() == {"key": everyone.vapid[1]}


def test_the_command_makes_keys_that_sign(telling):
    lines = dict(line.split("=", 1) for line in telling.command("vapid-key").splitlines())
    assert len(push.unbase64url(lines["IMGFILTER_VAPID_KEY"])) == 32
    assert len(push.unbase64url(lines["IMGFILTER_VAPID_PUBLIC_KEY"])) == 65


def test_a_subscription_that_has_ended_is_told_no_more(telling, everyone):
    owner = Owner(telling, "unsubscribed")
    with push.PushService(410) as ended:
        owner.set({"channel": "push", "address": ended.endpoint("x"), "keys": push.Browser().keys})
        owner.order("filters=grayscale", image=RAIN)
        owner.until(lambda _: owner.targets()[0]["status"] == "disabled")
    assert owner.targets()[0]["reason"] == "gone"


def service_worker(browser: Browser, url: str) -> str:
    """Registers /push.js as a page would; the id of its registration."""
    browser.tell("Browser.grantPermissions", permissions=["notifications"], origin=url)
    browser.tell("ServiceWorker.enable")
    browser.open(f"{url}/healthz")
    browser.value("navigator.serviceWorker.register('/push.js').then(it => { window.registered = it })")
    # What is pushed while it is being activated is lost.
    browser.until("window.registered?.active?.state === 'activated'")
    updates = [event["params"]["registrations"] for event in browser.events if event["method"] == "ServiceWorker.workerRegistrationUpdated"]
    return next(each["registrationId"] for each in updates[-1] if each["scopeURL"].startswith(url))


SHOWN = """navigator.serviceWorker.ready.then(it => it.getNotifications()).then(
    all => { window.shown = all.map(one => ({ title: one.title, body: one.body, url: one.data.url })) }), window.shown?.[0]"""


def delivered(browser: Browser, url: str, registration: str, note: dict) -> dict:
    """Pushes a note until it is shown: the browser takes none, and does not say so, before it has written down its worker."""
    end = time.monotonic() + WAIT
    while not (shown := browser.value(SHOWN)):
        assert time.monotonic() < end, "no notification is shown"
        browser.tell("ServiceWorker.deliverPushMessage", origin=url, registrationId=registration, data=json.dumps(note))
        time.sleep(0.3)
    return shown


def test_a_browser_shows_it(telling, message):
    task, call, ours = message
    with Browser() as browser:
        shown = delivered(browser, telling.url, service_worker(browser, telling.url), ours.open(call.body))
        assert (shown["title"], shown["url"]) == ("Your image is ready", task["results"][0]["url"])
        assert curl(shown["url"]).status == 200
        worker = next(target["targetId"] for target in browser.tell("Target.getTargets")["targetInfos"]
                      if target["type"] == "service_worker" and target["url"].startswith(telling.url))
        browser.session = browser.tell("Target.attachToTarget", targetId=worker, flatten=True)["sessionId"]
        # Nobody is there to click, and only a click may open a window: what would be opened is kept.
        browser.value("""clients.openWindow = async url => { self.opened = url }; self.registration.getNotifications().then(
            ([note]) => self.dispatchEvent(new NotificationEvent('notificationclick', { notification: note })))""")
        assert browser.until("self.opened") == task["results"][0]["url"]
        assert browser.until("self.registration.getNotifications().then(all => { self.left = all.length }), self.left === 0")
