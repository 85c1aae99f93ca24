import asyncio
import threading

import pytest
from starlette.requests import Request

from atnet.server.queue import WorkQueue
from atnet.server.refusals import Refusal, StoppedError


class Client:
    """A client that stays until it is told to go."""

    def __init__(self):
        self.leaves = asyncio.Event()

    def request(self):
        async def receive():
            await self.leaves.wait()
            return {"type": "http.disconnect"}

        return Request({"type": "http", "headers": []}, receive)


@pytest.fixture
def queue():
    return WorkQueue("test", places=2, threads=1, timeout=30)


async def until(condition):
    while not condition():
        await asyncio.sleep(0.005)


def test_work_is_done_and_its_progress_told_in_order(queue):
    told = []

    def work(progress):
        assert threading.current_thread() is not threading.main_thread()
        for done in range(4):
            progress(done, 3)
        return "done"

    async def run():
        with queue.place() as place:
            assert queue.taken == 1
            return await place.run(work, Client().request(), lambda *it: told.append(it))

    assert asyncio.run(run()) == "done"
    assert told == [(0, 3), (1, 3), (2, 3), (3, 3)]
    assert queue.taken == 0
    assert queue.seconds > 0


def test_errors_of_the_work_come_back_and_free_the_place(queue):
    def work(_):
        raise ValueError("wrong")

    async def run():
        with queue.place() as place:
            await place.run(work, Client().request())

    with pytest.raises(ValueError, match="wrong"):
        asyncio.run(run())
    assert queue.taken == 0


def test_no_more_is_taken_in_than_there_are_places(queue):
    with queue.place(), queue.place():
        assert queue.full
        with pytest.raises(Refusal, match="all 2 places") as caught, queue.place():
            pass
        assert caught.value.status == 503
        assert int(caught.value.headers["Retry-After"]) > 0
    assert not queue.full
    with queue.place():
        assert queue.taken == 1


def test_work_ends_between_tiles_when_its_client_is_gone(queue):
    """Its place is taken until then; what came behind it goes on."""
    began, may_go_on, after = threading.Event(), threading.Event(), []

    def work(progress):
        began.set()
        may_go_on.wait()
        progress(1, 2)
        after.append("never")

    async def leave():
        client = Client()

        async def ask():
            with queue.place() as place:
                await place.run(work, client.request())

        asked = asyncio.create_task(ask())
        await until(began.is_set)
        client.leaves.set()
        with pytest.raises(StoppedError):
            await asked
        assert queue.taken == 1
        may_go_on.set()
        await until(lambda: queue.taken == 0)
        with queue.place() as place:
            return await place.run(lambda _: "next", Client().request())

    assert asyncio.run(leave()) == "next"
    assert after == []


def test_what_was_given_up_while_it_waited_is_not_begun(queue):
    release, began = threading.Event(), []

    async def run():
        client = Client()

        async def ask(work, request):
            with queue.place() as place:
                return await place.run(work, request)

        first = asyncio.create_task(ask(lambda _: release.wait(), Client().request()))
        second = asyncio.create_task(ask(lambda _: began.append(1), client.request()))
        await until(lambda: queue.taken == 2)
        client.leaves.set()
        with pytest.raises(StoppedError):
            await second
        release.set()
        await first
        await until(lambda: queue.taken == 0)

    asyncio.run(run())
    assert began == []


def test_work_that_takes_too_long_is_given_up():
    queue, release = WorkQueue("test", 1, 1, timeout=0.05), threading.Event()

    async def run():
        with queue.place() as place:
            await place.run(lambda _: release.wait(), Client().request())

    with pytest.raises(Refusal, match=r"not done within 0\.05 seconds") as caught:
        asyncio.run(run())
    assert caught.value.status == 503
    assert queue.full  # the thread is still at it
    release.set()
    asyncio.run(until(lambda: queue.taken == 0))
