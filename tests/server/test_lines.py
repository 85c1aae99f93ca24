import asyncio
import json

import pytest

from atnet.server.lines import Lines
from atnet.server.refusals import Refusal, StoppedError


def sent_by(work):
    """Sends an answer; returns its messages, and how often it was left."""
    sent, left = [], []

    async def send(message):
        sent.append(message)

    async def run():
        await Lines(work, lambda: left.append(1))({}, None, send)  # pyright: ignore[reportArgumentType]

    asyncio.run(run())
    return sent, len(left)


def lines(sent):
    return [json.loads(message["body"]) for message in sent[1:] if message["body"]]


def test_each_tile_is_sent_at_once_and_the_result_last():
    sent_before_the_end = []

    async def work(tell):
        for done in range(3):
            tell(done, 2)
            await asyncio.sleep(0.01)
            sent_before_the_end.append(done)
        return {"version": 7}

    sent, left = sent_by(work)
    assert sent[0]["status"] == 200
    assert (b"content-type", b"application/x-ndjson") in sent[0]["headers"]
    assert not [name for name, _ in sent[0]["headers"] if name == b"content-length"]
    assert lines(sent) == [{"done": done, "of": 2} for done in range(3)] + [{"version": 7}]
    assert not sent[-1].get("more_body", False)
    assert left == 1


@pytest.mark.parametrize(
    "error", [ValueError("trimap:\nis wrong"), Refusal(503, "trimap: is wrong")]
)
def test_an_error_is_the_last_line(error):
    async def work(tell):
        tell(0, 2)
        raise error

    sent, left = sent_by(work)
    assert lines(sent) == [{"done": 0, "of": 2}, {"error": "trimap: is wrong"}]
    assert left == 1


def test_nothing_is_sent_to_a_client_that_is_gone():
    async def work(_):
        raise StoppedError

    sent, left = sent_by(work)
    assert len(sent) == 1
    assert left == 1


def test_work_ends_when_sending_fails():
    cancelled = []

    async def work(tell):
        tell(0, 1)
        try:
            await asyncio.sleep(3600)
        except asyncio.CancelledError:
            cancelled.append(1)
            raise

    async def send(message):
        if message["type"] == "http.response.body":
            raise OSError("gone")

    async def run():
        with pytest.raises(OSError, match="gone"):
            await Lines(work, lambda: None)({}, None, send)  # pyright: ignore[reportArgumentType]
        await asyncio.sleep(0)

    asyncio.run(run())
    assert cancelled == [1]
