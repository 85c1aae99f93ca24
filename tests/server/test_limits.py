"""The middleware alone, by hand-made messages; test_listening.py has the same over sockets."""

import asyncio
import json

import pytest
from starlette.requests import Request
from starlette.responses import PlainTextResponse

from atnet.server.limits import BodyLimits
from atnet.server.refusals import Refusal, problem


async def echo(scope, receive, send):
    """Reads all of a body, and tells how much it was."""
    try:
        body = await Request(scope, receive).body()
        answer = PlainTextResponse(str(len(body)))
    except Refusal as refusal:
        answer = problem(refusal.status, refusal.detail)
    await answer(scope, receive, send)


async def early(scope, receive, send):
    """Answers without reading."""
    await PlainTextResponse("no")(scope, receive, send)


def ask(app, parts, headers=(), **limits):
    """Sends parts of a body, of which None never comes; returns the answer and how many went."""
    sent, left = [], list(parts)

    async def receive():
        if not left:
            return {"type": "http.disconnect"}
        if (part := left.pop(0)) is None:
            await asyncio.sleep(3600)
        return {"type": "http.request", "body": part, "more_body": bool(left)}

    async def send(message):
        sent.append(message)

    scope = {"type": "http", "headers": list(headers), "method": "POST", "path": "/"}
    chosen = {"max_body": 100, "timeout": 5.0, **limits}
    asyncio.run(BodyLimits(app, **chosen)(scope, receive, send))
    start, *bodies = sent
    body = b"".join(message.get("body", b"") for message in bodies)
    return start, body, len(parts) - len(left)


CHUNKED = [(b"transfer-encoding", b"chunked")]


def length(number):
    return [(b"content-length", str(number).encode())]


def test_a_body_of_just_the_limit_passes_unchanged():
    start, body, _ = ask(echo, [b"x" * 60, b"x" * 40], length(100))
    assert (start["status"], body) == (200, b"100")
    assert (b"connection", b"close") not in start["headers"]


def test_a_body_that_says_it_is_too_large_is_not_read():
    start, body, read = ask(echo, [b"x" * 101], length(101))
    assert start["status"] == 413
    assert read == 0
    assert json.loads(body)["detail"].startswith("the request has more than the 100 bytes allowed")
    assert (b"connection", b"close") in [(name.lower(), value) for name, value in start["headers"]]


@pytest.mark.parametrize("headers", [CHUNKED, length(5)])
def test_a_body_that_lies_or_does_not_say_is_read_only_to_the_limit(headers):
    start, _, read = ask(echo, [b"x" * 30] * 1000, headers)
    assert start["status"] == 413
    assert read < 10
    assert (b"connection", b"close") in start["headers"]


def test_a_body_that_stops_coming_is_given_up():
    start, body, _ = ask(echo, [b"x", None], CHUNKED, pause=0.05)
    assert start["status"] == 408
    assert "did not come in time" in json.loads(body)["detail"]


def test_a_body_that_drips_for_ever_is_given_up():
    async def dripping(scope, receive, send):
        async def slowly():
            await asyncio.sleep(0.02)
            return await receive()

        await echo(scope, slowly, send)

    async def app(scope, receive, send):
        await BodyLimits(echo, 10**6, timeout=0.2, pause=0.1)(scope, receive, send)

    sent = []

    async def receive():
        await asyncio.sleep(0.02)
        return {"type": "http.request", "body": b"x", "more_body": True}

    async def send(message):
        sent.append(message)

    asyncio.run(app({"type": "http", "headers": CHUNKED}, receive, send))
    assert sent[0]["status"] == 408


def test_an_early_answer_waits_for_a_body_within_limits_and_closes():
    """Else a client that sends all before it reads would see a broken connection instead."""
    start, body, read = ask(early, [b"x" * 30] * 3, length(90))
    assert (start["status"], body, read) == (200, b"no", 3)
    assert (b"connection", b"close") in start["headers"]
    _, body, read = ask(early, [b"x" * 30] * 1000, CHUNKED)
    assert body == b"no"
    assert read < 10


def test_an_answer_that_nobody_takes_is_given_up():
    async def receive():
        return {"type": "http.request", "body": b""}

    async def send(message):
        if message["type"] == "http.response.body":
            await asyncio.sleep(3600)

    scope = {"type": "http", "headers": [], "method": "GET", "path": "/"}
    with pytest.raises(TimeoutError):
        asyncio.run(BodyLimits(early, 100, timeout=0.05)(scope, receive, send))


def test_requests_without_a_body_stay_connected():
    start, _, read = ask(early, [b""])
    assert (b"connection", b"close") not in start["headers"]
    assert read == 0


def test_other_kinds_of_scopes_pass():
    seen = []

    async def app(scope, receive, send):
        del receive, send
        seen.append(scope["type"])

    asyncio.run(BodyLimits(app, 1, 1)({"type": "lifespan"}, None, None))  # pyright: ignore[reportArgumentType]
    assert seen == ["lifespan"]
