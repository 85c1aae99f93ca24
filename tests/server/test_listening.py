"""The service as a process of its own, and clients that mean it harm, over plain sockets."""

import asyncio
import contextlib
import json
import re
import signal
import socket
import time
from concurrent.futures import ThreadPoolExecutor

import httpx2
import pytest

from atnet.server import listening
from atnet.server.app import create_app
from server_files import answer_of, both, dial, form, png, running, scene, settings

FORM = "multipart/form-data; boundary=x"
HEAD = f"POST /v1/alpha HTTP/1.1\r\nHost: localhost\r\nContent-Type: {FORM}\r\n"
PART = b'--x\r\nContent-Disposition: form-data; name="image"; filename="a"\r\n\r\n'


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("network")


@pytest.fixture(scope="module")
def port(folder):
    options = ("--max-body", "5MB", "--timeout", "4", "--queue", "4")
    with running(folder, *options) as (port, _):
        yield port


@pytest.fixture
def still_works(port):
    """After whatever was done to it, it answers as before, and all places are free."""
    yield
    with httpx2.Client(base_url=f"http://127.0.0.1:{port}") as client:
        wait_until_idle(client)
        assert client.post("/v1/alpha", files=both()).status_code == 200


def wait_until_idle(client):
    while re.search(r"^atnet_\w+_in_queue [1-9]", client.get("/metrics").text, re.MULTILINE):
        time.sleep(0.05)


def memory(client) -> float:
    (line,) = re.findall(
        r"^process_resident_memory_bytes .+$", client.get("/metrics").text, re.MULTILINE
    )
    return float(line.split()[1])


@pytest.mark.usefixtures("still_works")
def test_a_body_of_2_gigabytes_is_refused_before_it_is_sent(port):
    with dial(port) as connection:
        connection.sendall(f"{HEAD}Content-Length: 2000000000\r\n\r\n".encode() + PART)
        assert answer_of(connection).startswith(b"HTTP/1.1 413 ")


@pytest.mark.usefixtures("still_works")
def test_a_body_of_2_gigabytes_that_does_not_say_so_is_cut_off(port):
    sent, chunk = 0, b"10000\r\n" + bytes(65536) + b"\r\n"
    with httpx2.Client(base_url=f"http://127.0.0.1:{port}") as client, dial(port) as connection:
        before = memory(client)
        connection.sendall(f"{HEAD}Transfer-Encoding: chunked\r\n\r\n".encode())
        connection.sendall(b"%x\r\n%s\r\n" % (len(PART), PART))
        with contextlib.suppress(BrokenPipeError, ConnectionResetError):
            while sent < 2 * 10**9:
                connection.sendall(chunk)
                sent += 65536
        assert sent < 50 * 10**6
        assert memory(client) < before + 50 * 10**6


@pytest.mark.usefixtures("still_works")
def test_chunks_without_end_are_cut_off_and_told_why(port):
    """One that reads while it sends hears why."""
    with dial(port) as connection:
        connection.sendall(f"{HEAD}Transfer-Encoding: chunked\r\n\r\n".encode())
        connection.sendall(b"%x\r\n%s\r\n" % (len(PART), PART))
        for _ in range(77):  # just above 5 MB
            connection.sendall(b"10000\r\n" + bytes(65536) + b"\r\n")
        assert answer_of(connection).startswith(b"HTTP/1.1 413 ")


@pytest.mark.usefixtures("still_works")
@pytest.mark.parametrize("declared", [10, 10**6])
def test_a_lying_length_is_refused(port, declared):
    """More than it says is another request, which is none; less never comes."""
    with dial(port) as connection:
        body = PART + bytes(1000) + b"\r\n--x--\r\n"
        connection.sendall(f"{HEAD}Content-Length: {declared}\r\n\r\n".encode() + body)
        connection.shutdown(socket.SHUT_WR)
        statuses = re.findall(rb"HTTP/1\.1 (\d+) ", answer_of(connection))
        assert set(statuses) <= {b"400", b"408", b"422"}


@pytest.mark.usefixtures("still_works")
@pytest.mark.parametrize(
    "lengths",
    ["Content-Length: 5\r\nContent-Length: 6", "Content-Length: -1",
     "Content-Length: 5\r\nTransfer-Encoding: chunked"],
)  # fmt: skip
def test_lengths_that_contradict_each_other_are_refused(port, lengths):
    with dial(port) as connection:
        connection.sendall(f"{HEAD}{lengths}\r\n\r\n0\r\n\r\n".encode())
        assert answer_of(connection).startswith(b"HTTP/1.1 400 ")


@pytest.mark.usefixtures("still_works")
def test_a_body_that_drips_is_given_up(port):
    """The whole of it is due within 4 seconds, however steadily it drips."""
    with dial(port) as connection:
        connection.sendall(f"{HEAD}Content-Length: 1000000\r\n\r\n".encode() + PART)
        connection.settimeout(0.3)
        answer = b""
        while not answer:
            connection.sendall(b"x")
            try:
                answer = connection.recv(4096)
            except TimeoutError:
                continue
        assert answer.startswith(b"HTTP/1.1 408 ")


@pytest.mark.usefixtures("still_works")
def test_ten_thousand_parts_are_refused(port):
    for part in (b'--x\r\nContent-Disposition: form-data; name="box"\r\n\r\n1,1,1,1\r\n',
                 PART + b"x\r\n"):  # fmt: skip
        body = part * 10_000 + b"--x--\r\n"
        answer = httpx2.post(
            f"http://127.0.0.1:{port}/v1/alpha", content=body, headers={"content-type": FORM}
        )
        assert answer.status_code == 400
        assert "Too many f" in answer.json()["detail"]


@pytest.mark.usefixtures("still_works")
@pytest.mark.parametrize(
    "headers", ["X: " + "y" * 100_000, "X: y\r\n" * 100, "X" * 5000], ids=["long", "many", "name"]
)
def test_a_parts_headers_are_bounded(port, headers):
    body = f"--x\r\n{headers}\r\n\r\nv\r\n--x--\r\n".encode()
    answer = httpx2.post(
        f"http://127.0.0.1:{port}/v1/alpha", content=body, headers={"content-type": FORM}
    )
    assert answer.status_code == 400


@pytest.mark.usefixtures("still_works")
def test_a_requests_headers_are_bounded(port):
    with dial(port) as connection:
        connection.sendall(HEAD.encode() + b"X: " + bytes(b"y" * 200_000))
        assert answer_of(connection).startswith(b"HTTP/1.1 400 ")


@pytest.mark.usefixtures("still_works")
def test_a_full_queue_answers_at_once_and_lives_on(port):
    """Places are taken before bodies are read: four that have not come fill the queue."""
    waiting = [dial(port) for _ in range(4)]
    with httpx2.Client(base_url=f"http://127.0.0.1:{port}") as client:
        for connection in waiting:
            connection.sendall(f"{HEAD}Content-Length: 1000\r\n\r\n".encode() + PART)
        while client.get("/readyz").status_code != 503:
            time.sleep(0.02)
        answer = client.post("/v1/alpha", files=both())
        assert answer.status_code == 503
        assert "all 4 places of the queue are taken" in answer.json()["detail"]
        assert int(answer.headers["retry-after"]) > 0
        assert client.get("/healthz").status_code == 200
        for connection in waiting:
            connection.close()


def test_load_is_answered_or_told_to_come_again(port):
    """More at once than there are places; benchmarks/serve.py has the large version."""
    files = both()

    def ask(_):
        with httpx2.Client(base_url=f"http://127.0.0.1:{port}") as client:
            return client.post("/v1/alpha", files=files).status_code

    with ThreadPoolExecutor(16) as pool:
        statuses = list(pool.map(ask, range(64)))
    assert set(statuses) <= {200, 503}
    assert statuses.count(200) >= 4


def slow_picture():
    image, trimap = scene(1600, 1000)
    return form(image=png(image)), form(trimap=png(trimap))


def slow_draft(client):
    """Opens a draft whose matting has many tiles; returns its address."""
    image, trimap = slow_picture()
    address = client.post("/v1/drafts", files=image).headers["location"]
    client.post(f"{address}/trimap", files=trimap)
    return address


def test_a_client_that_leaves_stops_its_work_between_tiles(folder):
    with (
        running(folder, "--max-memory", "180MB", work=6) as (port, _),
        httpx2.Client(base_url=f"http://127.0.0.1:{port}", timeout=60) as client,
    ):
        address = slow_draft(client)
        with client.stream("POST", f"{address}/matte") as answer:
            lines = answer.iter_lines()
            told = [json.loads(next(lines)) for _ in range(2)]
        assert told[1]["of"] > 5
        wait_until_idle(client)
        # It would have an alpha if the work had gone on to its end.
        assert client.get(f"{address}/alpha.png").status_code == 409


def test_what_was_taken_in_is_finished_when_the_service_is_told_to_end(folder):
    with running(folder, "--max-memory", "180MB", work=6) as (port, process):
        with httpx2.Client(base_url=f"http://127.0.0.1:{port}", timeout=60) as client:
            address = slow_draft(client)
            with client.stream("POST", f"{address}/matte") as answer:
                lines = answer.iter_lines()
                next(lines)
                process.send_signal(signal.SIGTERM)
                *_, last = lines
            assert json.loads(last)["version"] == 1
        process.wait()
        assert process.returncode == -signal.SIGTERM  # as is right for who was told to end
        with pytest.raises(ConnectionRefusedError):
            dial(port)


def test_headers_that_do_not_come_end_the_connection(folder, monkeypatch):
    """In this process, where the time can be made short."""
    monkeypatch.setattr(listening, "HEADER_SECONDS", 0.3)
    monkeypatch.setattr(listening, "IDLE_SECONDS", 0.3)

    async def talk(port, *parts):
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        for part in parts:
            writer.write(part)
            await writer.drain()
        received = await reader.read()  # until the service ends the connection
        writer.close()
        return received

    async def run():
        server = listening.server(create_app(settings(folder)), "127.0.0.1", 0)
        server.config.log_config = None
        serving = asyncio.create_task(server.serve())
        while not server.started:
            await asyncio.sleep(0.01)
        port = server.servers[0].sockets[0].getsockname()[1]
        request = b"GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n"
        received = await asyncio.gather(
            talk(port),
            talk(port, request[:20]),
            talk(port, request),
            talk(port, request, request[:20]),
        )
        server.should_exit = True
        await serving
        return received

    nothing, half, whole, one_and_a_half = asyncio.run(run())
    assert nothing == half == b""
    assert whole.count(b"200 OK") == one_and_a_half.count(b"200 OK") == 1


def test_the_server_tells_nothing_of_itself(port):
    answer = httpx2.get(f"http://127.0.0.1:{port}/healthz")
    assert "server" not in answer.headers


def test_it_listens_on_this_machine_alone(port):
    """Every address of 127.0.0.0/8 is this machine, but the service has one of them only."""
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(("127.0.0.2", port), timeout=5)
