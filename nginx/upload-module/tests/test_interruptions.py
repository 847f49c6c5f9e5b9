"""Clients that go away, workers that are replaced, nginxes that are killed."""

import asyncio
import hashlib
import random
import time

import pytest

from client import END, FORM, Http1, Http2, chunked, file, noise, part, post
from nginx_process import wait_until


@pytest.mark.parametrize("how", ["length", "chunked"])
@pytest.mark.parametrize("sent", [0, 10, 200, 100_000])
def test_a_client_that_goes_away(nginx, how, sent):
    body = file(b"one") + file(noise(200_000)) + END
    with Http1(nginx) as client:
        client.head("/up", len(body) if how == "length" else None)
        client.send(body[:sent] if how == "length" else chunked(body, [5000])[:sent])
        if sent == 100_000:
            assert wait_until(nginx.spooled)
    assert nginx.spool_is_empty()


def test_an_http2_stream_that_is_reset(nginx):
    with Http2(nginx) as client:
        body = file(b"one") + file(noise(400_000)) + END
        reset = [client.begin("/up", body, length, reset_at=at) for length in [True, False] for at in [0, 50, 300_000]]
        whole = [client.begin("/up", body) for _ in range(3)]
        answers = client.run()
    assert [answers[stream].status for stream in whole] == [200] * 3
    assert all(answers[stream].status != 200 for stream in reset)


def test_a_client_that_goes_away_while_the_upload_is_handled(nginx):
    body = file(b"hello") + END
    with Http1(nginx) as client:
        client.head("/slow", len(body))
        client.send(body)
        assert wait_until(nginx.spooled)
    assert nginx.spool_is_empty()


def test_a_client_that_stops_sending(own_nginx):
    nginx = own_nginx(BODY_TIMEOUT="1s").start()
    with Http1(nginx) as client:
        client.head("/up", 1_000_000)
        client.send(file(b"one") + file(noise(1000)))
        assert wait_until(nginx.spooled)
        with pytest.raises(ConnectionError):
            # nginx closes a connection that has timed out; it has no one to answer.
            assert client.answer().status == 408
            raise ConnectionError
    assert nginx.spool_is_empty()
    assert nginx.is_sound(), nginx.log()


def test_a_reload_lets_uploads_finish(own_nginx):
    nginx = own_nginx().start()
    body = file(b"hello" * 1000) + part('name="p"', b"v") + END
    with Http1(nginx) as early, Http1(nginx) as late:
        early.head("/up", len(body))
        early.send(body[:2000])
        late.head("/up")
        late.send(chunked(body, [1000])[:3000])
        assert wait_until(lambda: len(nginx.spooled()) == 2)
        nginx.reload()
        assert len(nginx.spooled()) == 2, "the new worker must not remove what the old one writes"
        assert post(nginx, "/up", body).status == 200
        early.send(body[2000:])
        assert early.answer().parts["files"][0]["size"] == 5000
        late.send(chunked(body, [1000])[3000:])
        assert late.answer().parts["files"][0]["size"] == 5000
    assert nginx.spool_is_empty()
    assert nginx.is_sound(), nginx.log()


def test_what_a_killed_nginx_leaves_is_removed_when_it_starts(own_nginx):
    nginx = own_nginx().start()
    with Http1(nginx) as client:
        client.head("/up", 1_000_000)
        client.send(file(noise(100_000)))
        client.send(b"--BB\r\n" + file(noise(100_000))[6:-2])
        assert wait_until(lambda: len(nginx.spooled()) == 2)
        nginx.kill()
    unfinished = [name for name in nginx.spooled() if name.endswith(".part")]
    assert len(unfinished) == 1
    complete = set(nginx.spooled()) - set(unfinished)
    nginx.start()
    assert set(nginx.spooled()) == complete, "complete files are for their owner to remove"
    assert post(nginx, "/up", file(b"x") + END).status == 200
    assert wait_until(lambda: set(nginx.spooled()) == complete)


class Mix:
    """Many clients at once: good uploads, aborted ones, broken ones and large ones."""

    def __init__(self, nginx, clients, requests):
        self.nginx = nginx
        self.clients = clients
        self.turns = iter(range(requests))
        self.random = random.Random(7)
        self.data = noise(1_000_000)
        self.wrong = []
        self.answers = 0

    async def client(self):
        for _ in self.turns:
            await self.one()

    async def one(self):
        chance = self.random
        kind = chance.choice(["good", "good", "good", "aborted", "ended", "broken", "dropped"])
        data = self.data[: chance.randrange(1, len(self.data))]
        body = part('name="p"', b"v") + file(data) + END
        if kind == "broken":
            body = body[: len(body) // 2] + b"\r\n--BBoops" + body[len(body) // 2 :]
        wire, framing = body, f"Content-Length: {len(body)}"
        if chance.random() < 0.5:
            wire, framing = chunked(body, [chance.choice([100, 5000, 70_000])]), "Transfer-Encoding: chunked"
        path = "/small-files" if kind == "dropped" else chance.choice(["/up", "/small-buffer"])
        head = f"POST {path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Type: {FORM}\r\n{framing}\r\n\r\n"
        wire = head.encode() + wire
        wire = wire[: chance.randrange(len(wire))] if kind in ("aborted", "ended") else wire
        try:
            received = await asyncio.wait_for(self.exchange(wire, kind), 60)
        except OSError:
            return  # closed by nginx in the middle of a body it had refused
        self.judge(kind, data, received)

    async def exchange(self, wire, kind):
        reader, writer = await asyncio.open_unix_connection(self.nginx.h1)
        try:
            for at in range(0, len(wire), 100_000):
                writer.write(wire[at : at + 100_000])
                await writer.drain()
                if self.random.random() < 0.2:
                    await asyncio.sleep(self.random.random() * 0.02)
            if kind == "aborted":
                return b""
            if kind == "ended":
                writer.write_eof()
            return await reader.read()
        finally:
            writer.transport.abort()

    def judge(self, kind, data, received):
        status = received.split(b" ", 2)[1] if received else b"none"
        wanted = {"good": [b"200"], "dropped": [b"200"], "broken": [b"400", b"none"]}.get(kind, [b"400", b"none"])
        right = status in wanted
        if kind == "good":
            right = right and hashlib.sha256(data).hexdigest().encode() in received
        self.answers += 1
        if not right:
            self.wrong.append((kind, received[:200]))

    async def run(self):
        await asyncio.gather(*[self.client() for _ in range(self.clients)])


def test_64_clients_at_once(own_nginx):
    nginx = own_nginx(WORKERS=2).start()
    asyncio.run(Mix(nginx, 8, 32).run())
    assert nginx.spool_is_empty()
    time.sleep(0.2)
    before = nginx.open_files()
    mix = Mix(nginx, 64, 600)
    asyncio.run(mix.run())
    assert mix.wrong == [] and mix.answers > 500
    assert nginx.spool_is_empty(), nginx.spooled()
    assert wait_until(lambda: nginx.open_files() == before), (before, nginx.open_files())
    assert nginx.is_sound(), nginx.log()


def test_40_http2_streams_at_once(nginx):
    data = noise(300_000)
    good = file(data) + END
    kinds = [("/up", good, None), ("/up", good, 150_000), ("/small-body", good, None), ("/up", good[:-20], None)]
    for length in [True, False]:
        with Http2(nginx) as client:
            streams = [client.begin(path, body, length, reset_at) for path, body, reset_at in kinds * 10]
            answers = [client.run()[stream] for stream in streams]
        assert [answer.status for answer in answers[0::4]] == [200] * 10
        assert all(hashlib.sha256(data).hexdigest().encode() in answer.body for answer in answers[0::4])
        assert all(answer.status in (413, 0) for answer in answers[2::4])
        assert [answer.status for answer in answers[3::4]] == [400] * 10
