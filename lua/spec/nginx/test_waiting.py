"""?wait= answers when something has happened, costs next to nothing, and holds nobody up."""

import threading
import time

from client import ask, upload

CONNECTIONS = "select count(*) from pg_stat_activity where usename = 'imgfilter_edge'"


def change(stack, task: dict, status: str) -> None:
    """What a worker's function would do, without a worker."""
    ended = ", queue_id = null, finished_at = now()" if status != "processing" else ""
    stack.cluster.sql(f"update imgfilter.task set status = '{status}', version = version + 1{ended} where id = '{task['id']}'",
                      "imgfilter")


def wait(stack, task: dict, seconds: int) -> tuple[dict, float]:
    started = time.monotonic()
    answer = ask(stack.url, "GET", f"/tasks/{task['id']}?wait={seconds}")
    assert answer.status == 200, answer
    return answer.json(), time.monotonic() - started


def test_nothing_happens(stack, photo):
    task = upload(stack.url, photo).json()
    now, seconds = wait(stack, task, 1)
    assert now == task and 0.9 < seconds < 2


def test_the_end_is_told_at_once_to_everybody(stack, photo):
    task = upload(stack.url, photo).json()
    told = []
    waiting = [threading.Thread(target=lambda: told.append(wait(stack, task, 30))) for _ in range(50)]
    for each in waiting:
        each.start()
    time.sleep(1)
    change(stack, task, "processing")
    time.sleep(0.5)
    assert not told
    change(stack, task, "canceled")
    for each in waiting:
        each.join()
    assert len(told) == 50
    assert all(now["status"] == "canceled" and seconds < 3 for now, seconds in told)
    connections = int(stack.cluster.sql(CONNECTIONS))
    threads = int(stack.command("nginx-config").split("thread_pool read threads=")[1].split()[0])
    assert connections <= 2 * (2 * threads + 2), "each nginx worker has so many threads"


def test_whoever_waits_for_a_task_that_is_erased_hears_of_it(stack, photo):
    task = upload(stack.url, photo).json()
    told = []
    waiting = threading.Thread(target=lambda: told.append(ask(stack.url, "GET", f"/tasks/{task['id']}?wait=30")))
    waiting.start()
    time.sleep(0.5)
    assert ask(stack.url, "DELETE", f"/tasks/{task['id']}").status == 200
    waiting.join(10)
    assert told and told[0].status == 410 and told[0].problem["code"] == "gone"


def test_uploads_pass_those_who_wait(stack, photo):
    task = upload(stack.url, photo).json()
    waiting = [threading.Thread(target=wait, args=(stack, task, 2)) for _ in range(100)]
    for each in waiting:
        each.start()
    time.sleep(0.5)
    started = time.monotonic()
    assert upload(stack.url, photo).status == 202
    assert time.monotonic() - started < 1
    for each in waiting:
        each.join()


def test_an_ended_task_is_answered_at_once(stack, photo):
    task = upload(stack.url, photo).json()
    change(stack, task, "canceled")
    now, seconds = wait(stack, task, 30)
    assert now["status"] == "canceled" and seconds < 1
