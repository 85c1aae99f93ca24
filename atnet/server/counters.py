"""What is counted, for Prometheus."""

import time
from collections.abc import Callable

from prometheus_client import (
    CollectorRegistry,
    Counter,
    Gauge,
    Histogram,
    ProcessCollector,
    generate_latest,
)
from starlette.types import ASGIApp, Message, Receive, Scope, Send

SECONDS = (0.01, 0.05, 0.1, 0.5, 1, 2, 5, 10, 30, 60, 120, 300)
_METHODS = {"DELETE", "GET", "HEAD", "OPTIONS", "POST"}


class Counters:
    """All that `/metrics` tells."""

    def __init__(self) -> None:
        self._registry = CollectorRegistry()
        ProcessCollector(registry=self._registry)
        labels = ["method", "route"]
        self._answers = Counter(
            "atnet_answers", "Answers by status.", [*labels, "status"], registry=self._registry
        )
        self._seconds = Histogram(
            "atnet_request_seconds", "From a request to the end of its answer.", labels,
            buckets=SECONDS, registry=self._registry,
        )  # fmt: skip

    def watch(self, name: str, what: str, value: Callable[[], float]) -> None:
        """Tells a value that is looked up whenever it is asked for."""
        Gauge(name, what, registry=self._registry).set_function(value)

    def answered(self, scope: Scope, status: int, seconds: float) -> None:
        """Counts an answer."""
        route = getattr(scope.get("route"), "path", "none")  # never the path: ids are secret
        known = route != "none" and scope["method"] in _METHODS
        method = scope["method"] if known else "other"  # strangers make up others
        self._answers.labels(method, route, str(status)).inc()
        self._seconds.labels(method, route).observe(seconds)

    def text(self) -> bytes:
        """Returns Prometheus' text format."""
        return generate_latest(self._registry)


class Counting:
    """Counts and times all answers.

    Args:
        app: What answers.
        counters: Where.
    """

    def __init__(self, app: ASGIApp, counters: Counters) -> None:
        self._app, self._counters = app, counters

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answers one request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        start, status = time.perf_counter(), 499  # as nginx says: the client was gone

        async def send_noted(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            await send(message)

        try:
            await self._app(scope, receive, send_noted)
        except Exception:
            status = 500
            raise
        finally:
            self._counters.answered(scope, status, time.perf_counter() - start)
