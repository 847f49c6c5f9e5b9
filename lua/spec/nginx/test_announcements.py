"""Workers are told that there is work: soon, once for many, and again for the last."""

import select
import time
from concurrent.futures import ThreadPoolExecutor

import psycopg2

from client import upload


def notices(connection, seconds: float) -> list[tuple[float, str]]:
    """What is heard in this time: when, and which lane."""
    heard, end = [], time.monotonic() + seconds
    while (left := end - time.monotonic()) > 0:
        select.select([connection], [], [], left)
        connection.poll()
        heard += [(time.monotonic(), notice.payload) for notice in connection.notifies]
        connection.notifies.clear()
    return heard


def test_a_burst_is_announced_a_few_times_and_its_end_too(stack, photo):
    connection = psycopg2.connect(host=str(stack.cluster.sockets), user="postgres", dbname="imgfilter")
    connection.autocommit = True
    connection.cursor().execute("listen imgfilter")
    with ThreadPoolExecutor(8) as clients:
        answers = list(clients.map(lambda _: upload(stack.url, photo), range(60)))
    last = time.monotonic()
    assert {answer.status for answer in answers} == {202}
    heard = notices(connection, 1)
    connection.close()
    assert 2 <= len(heard) < 60 and {lane for _, lane in heard} == {"fast"}
    assert max(at for at, _ in heard) - last < 0.5
