"""Whoever asked for it is told, signed, once or until it is heard."""

from pathlib import Path

from client import Client, curl
from pictures import RAIN
from stack.listener import Listener


def secret(stack) -> str:
    return Path(stack.environment["IMGFILTER_WEBHOOK_SECRET_FILE"]).read_text().strip()


def test_the_end_of_a_task_is_told(client: Client, stack):
    with Listener() as listener:
        task = client.finished("filters=grayscale", f"webhook={listener.url}", image=RAIN)
        (call,) = listener.wait(1)
    assert call.path == "/told" and call.headers["content-type"] == "application/json"
    assert call.signed_with(secret(stack)) and not call.signed_with("whsec_" + "A" * 43 + "=")
    event = call.json()
    assert event["type"] == "task.done" and set(event) == {"type", "timestamp", "data"}
    assert event["data"] == task
    assert curl(event["data"]["results"][0]["url"]).status == 200


def test_a_failed_task_is_told_too(client: Client, tmp_path):
    broken = tmp_path / "broken.jpg"
    broken.write_bytes(RAIN.read_bytes()[:100_000])
    with Listener() as listener:
        answer = client.upload(f"webhook={listener.url}", image=broken)
        if answer.status == 202:
            (call,) = listener.wait(1)
            assert call.json()["type"] == "task.failed" and call.json()["data"]["status"] == "failed"
        else:
            assert answer.status == 422


def test_a_webhook_that_was_not_heard_is_said_again(client: Client, stack):
    with Listener(500, 204) as listener:
        client.finished("filters=grayscale", f"webhook={listener.url}", image=RAIN)
        first, second = listener.wait(2)
    assert first.body == second.body and first.headers["webhook-id"] == second.headers["webhook-id"]
    assert second.signed_with(secret(stack))
    assert int(second.headers["webhook-timestamp"]) >= int(first.headers["webhook-timestamp"])
