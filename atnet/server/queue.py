"""Work that waits its turn: few threads do it, and no more is taken in than there are places."""

import asyncio
import contextlib
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TypeVar

from starlette.requests import Request

from atnet.server.refusals import Refusal, StoppedError, too_busy
from atnet.tiling import Progress

Result = TypeVar("Result")
Work = Callable[[Progress], Result]
"""Is given what it has to tell of its progress, and ends by what that raises."""


class Place:
    """A request's place in a queue; it is free again once all is over that was done in it."""

    def __init__(self, queue: "WorkQueue") -> None:
        self._queue = queue
        self._future: Future | None = None

    async def run(
        self, work: Work[Result], request: Request, tell: Progress | None = None
    ) -> Result:
        """Does the work in its turn.

        It ends between two tiles if the client is gone, or time is up.

        Args:
            work: What is done, in a thread.
            request: Who waits for it; all of its body was read.
            tell: Is told of the progress in this thread.

        Returns:
            What the work returns.

        Raises:
            Refusal: It took too long.
            StoppedError: The client is gone.
        """
        loop = asyncio.get_running_loop()
        stopped = threading.Event()

        def progress(done: int, of: int) -> None:
            if stopped.is_set():
                raise StoppedError
            if tell:
                loop.call_soon_threadsafe(tell, done, of)

        self._future = self._queue.submit(work, progress, stopped)
        result = asyncio.wrap_future(self._future)
        gone = asyncio.ensure_future(_disconnected(request))
        try:
            await asyncio.wait(
                {result, gone}, timeout=self._queue.timeout, return_when=asyncio.FIRST_COMPLETED
            )
            if result.done():
                return result.result()
            if gone.done():
                raise StoppedError
            raise too_busy(
                f"the work was not done within {self._queue.timeout:g} seconds: try again later, a "
                "smaller picture or quality fast"
            )
        finally:
            stopped.set()
            gone.cancel()
            result.cancel()

    def leave(self) -> None:
        """Frees the place as soon as its work is over."""
        if self._future is None:
            self._queue.free()
        else:
            self._future.add_done_callback(lambda _: self._queue.free())


class WorkQueue:
    """Takes in no more requests than it has places.

    Threads, not processes: the network releases Python's lock and takes all cores for one picture
    anyway, there is one model in memory, and no worker can be killed without the service.

    Args:
        name: What is done in it.
        places: Requests that wait or are worked on.
        threads: That work.
        timeout: Seconds until work must be done, its wait included.
    """

    def __init__(self, name: str, places: int, threads: int, timeout: float) -> None:
        self.places, self.timeout = places, timeout
        self.taken = 0
        self.seconds = 0.0
        """That the threads have worked."""
        self._lock = threading.Lock()
        self._pool = ThreadPoolExecutor(threads, name)

    @property
    def full(self) -> bool:
        """Whether all places are taken."""
        return self.taken >= self.places

    @contextlib.contextmanager
    def place(self) -> Iterator[Place]:
        """Takes a place, before anything of a request's body is read.

        Raises:
            Refusal: All are taken.
        """
        with self._lock:
            if self.full:
                raise too_busy(f"all {self.places} places of the queue are taken: try again later")
            self.taken += 1
        place = Place(self)
        try:
            yield place
        finally:
            place.leave()

    def free(self) -> None:
        """Frees a place."""
        with self._lock:
            self.taken -= 1

    def submit(
        self, work: Work[Result], progress: Progress, stopped: threading.Event
    ) -> "Future[Result]":
        """Has work done in its turn, if it was not stopped before."""
        return self._pool.submit(self._timed, work, progress, stopped)

    def _timed(self, work: Work[Result], progress: Progress, stopped: threading.Event) -> Result:
        if stopped.is_set():
            raise StoppedError
        start = time.perf_counter()
        try:
            return work(progress)
        finally:
            with self._lock:
                self.seconds += time.perf_counter() - start


async def _disconnected(request: Request) -> None:
    """Returns when the client is gone."""
    with contextlib.suppress(Refusal):  # what of a body nobody asked for
        while (await request.receive())["type"] != "http.disconnect":
            pass
