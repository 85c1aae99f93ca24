"""Limits on a request's body, held while it comes in, and on the time to take an answer."""

import asyncio
import contextlib

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from atnet.server.refusals import Refusal, problem

PAUSE = 20.0
"""Seconds until something more of a body must be there."""


class BodyLimits:
    """Refuses a body that is, or turns out to be, too large or too slow.

    One that says it is too large is refused before any of it is read; one that does not say, or
    lies, as soon as it is. An answer that is given before all of a body was read ends the
    connection, or the rest would have to be read for ever.

    Args:
        app: What answers.
        max_body: In bytes.
        timeout: Seconds until all of it must be there, and until each part of an answer is taken.
        pause: Seconds until something more of it must be there.
    """

    def __init__(self, app: ASGIApp, max_body: int, timeout: float, pause: float = PAUSE) -> None:
        self._app, self._max_body, self._timeout, self._pause = app, max_body, timeout, pause

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answers one request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        refusal = self._refusal(Headers(scope=scope))
        if refusal:
            answer = problem(refusal.status, refusal.detail, {"Connection": "close"})
            await answer(scope, receive, send)
            return
        body = _Body(scope, receive, send, self._max_body, self._timeout, self._pause)
        await self._app(scope, body.receive, body.send)

    def _refusal(self, headers: Headers) -> Refusal | None:
        """What is wrong with a body already by what its request says of it."""
        length = headers.get("content-length")
        if length is None:
            return None
        if "transfer-encoding" in headers:
            return Refusal(400, "the request has two lengths, Content-Length and chunks: give one")
        too_large = length.isdecimal() and int(length) > self._max_body
        return _too_large(self._max_body) if too_large else None


class _Body:
    """Counts and times what comes in of one request, and knows whether that is all."""

    def __init__(
        self, scope: Scope, receive: Receive, send: Send, most: int, timeout: float, pause: float
    ) -> None:
        headers = Headers(scope=scope)
        chunked = "transfer-encoding" in headers
        self._all_here = not chunked and headers.get("content-length", "0") == "0"
        self._given_up = False
        self._receive, self._send = receive, send
        self._most, self._bytes, self._pause, self._timeout = most, 0, pause, timeout
        self._deadline = asyncio.get_running_loop().time() + timeout

    async def receive(self) -> Message:
        """Passes on what comes in, within limits."""
        if self._all_here:
            return await self._receive()
        left = self._deadline - asyncio.get_running_loop().time()
        try:
            async with asyncio.timeout(min(self._pause, left)):
                message = await self._receive()
        except TimeoutError as error:
            self._given_up = True
            raise Refusal(
                408,
                f"the request's body did not come in time: all of it within {self._timeout:g} "
                f"seconds, and something of it every {self._pause:g}",
            ) from error
        self._bytes += len(message.get("body", b""))
        if self._bytes > self._most:
            self._given_up = True
            raise _too_large(self._most)
        self._all_here = not message.get("more_body", False)
        return message

    async def send(self, message: Message) -> None:
        """Passes on an answer; one that comes early waits for the client to have sent all."""
        if not self._all_here and message["type"] == "http.response.start":
            headers = [*message.get("headers", []), (b"connection", b"close")]
            message = {**message, "headers": headers}
        if message["type"] == "http.response.body" and not message.get("more_body", False):
            await self._discard_rest()
        async with asyncio.timeout(self._timeout):  # or who reads nothing holds a picture for ever
            await self._send(message)

    async def _discard_rest(self) -> None:
        """Or a client that sends before it reads would see a broken connection, and no answer."""
        with contextlib.suppress(Refusal):
            while not (self._all_here or self._given_up):
                await self.receive()


def _too_large(most: int) -> Refusal:
    return Refusal(
        413,
        f"the request has more than the {most} bytes allowed: scale the image down or save it "
        "compressed",
    )
