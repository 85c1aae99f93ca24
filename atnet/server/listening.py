"""Listens for requests: a server that gives up on slow clients, and finishes what it took in."""

import asyncio
import math

import uvicorn
from fastapi import FastAPI
from uvicorn.protocols.http.h11_impl import H11Protocol

HEADER_SECONDS, IDLE_SECONDS = 10, 5
"""Until a request's headers must be there; until a connection that is done with one is closed."""
MAX_HEADER_BYTES, MAX_CONNECTIONS = 2**15, 512


class PatientProtocol(H11Protocol):
    """HTTP/1.1 with a limit on the time that a request's headers may take, which uvicorn lacks."""

    _headers_due: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # pyright: ignore[reportIncompatibleMethodOverride]
        """Begins to wait for the first request."""
        super().connection_made(transport)
        self._wait_for_headers()

    def data_received(self, data: bytes) -> None:
        """Takes what came in; a request of which all headers are there may take its time."""
        super().data_received(data)
        if self.cycle is not None and not self.cycle.response_complete:
            self._stop_waiting()
        else:
            self._wait_for_headers()

    def connection_lost(self, exc: Exception | None) -> None:
        """Forgets the connection."""
        self._stop_waiting()
        super().connection_lost(exc)

    def on_response_complete(self) -> None:
        """The time for the next request's headers begins with their first byte."""
        self._stop_waiting()
        super().on_response_complete()

    def _wait_for_headers(self) -> None:
        if self._headers_due is None:
            self._headers_due = self.loop.call_later(HEADER_SECONDS, self.transport.close)

    def _stop_waiting(self) -> None:
        if self._headers_due is not None:
            self._headers_due.cancel()
            self._headers_due = None


def server(app: FastAPI, host: str, port: int) -> uvicorn.Server:
    """Makes a server; its `run()` listens until a signal ends it.

    Args:
        app: From `create_app`.
        host: Address to listen on.
        port: 0 takes any that is free.

    Returns:
        The server. It finishes the requests that it took in, within their time.
    """
    timeout = app.state.service.settings.timeout
    config = uvicorn.Config(
        app,
        host,
        port,
        http=PatientProtocol,
        ws="none",
        proxy_headers=False,  # who asks is not looked at
        server_header=False,
        access_log=False,  # paths have the ids of drafts, which are secret
        limit_concurrency=MAX_CONNECTIONS,
        timeout_keep_alive=IDLE_SECONDS,
        timeout_graceful_shutdown=math.ceil(2 * timeout),
        h11_max_incomplete_event_size=MAX_HEADER_BYTES,
    )
    return uvicorn.Server(config)
