"""An answer that tells of work while it is done: a line of JSON for each tile, then the result."""

import asyncio
import json
from collections.abc import Awaitable, Callable
from typing import Any

from fastapi.responses import Response
from starlette.types import Receive, Scope, Send

from atnet.files.problems import one_line
from atnet.server.refusals import Refusal, StoppedError
from atnet.tiling import Progress

MEDIA_TYPE = "application/x-ndjson"


class Lines(Response):
    """Lines of JSON, each sent as soon as it is known.

    Args:
        work: Is given what it tells of its progress, and returns the last line; its error becomes
            one, too.
        leave: Called at the end, whatever it was.
    """

    def __init__(
        self, work: Callable[[Progress], Awaitable[dict[str, Any]]], leave: Callable[[], None]
    ) -> None:
        super().__init__(media_type=MEDIA_TYPE)
        del self.headers["content-length"]
        self.headers["X-Accel-Buffering"] = "no"  # nginx would keep them to the end
        self._work, self._leave = work, leave

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Sends the lines; if the client is gone, the work ends."""
        del scope, receive
        lines: asyncio.Queue[dict[str, Any] | None] = asyncio.Queue()
        task = asyncio.ensure_future(
            self._work(lambda done, of: lines.put_nowait({"done": done, "of": of}))
        )
        task.add_done_callback(lambda _: lines.put_nowait(None))
        try:
            headers = self.raw_headers
            await send({"type": "http.response.start", "status": 200, "headers": headers})
            while (line := await lines.get()) is not None:
                await _send(send, line)
            await _send(send, await _last(task))
            await send({"type": "http.response.body", "body": b""})
        except StoppedError:
            pass  # nobody reads it
        finally:
            task.cancel()
            self._leave()


async def _send(send: Send, line: dict[str, Any]) -> None:
    body = json.dumps(line).encode() + b"\n"
    await send({"type": "http.response.body", "body": body, "more_body": True})


async def _last(task: Awaitable[dict[str, Any]]) -> dict[str, Any]:
    try:
        return await task
    except (Refusal, ValueError) as error:
        return {"error": one_line(error)}
