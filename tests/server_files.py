"""A small network, pictures and clients for tests of the service."""

import contextlib
import io
import json
import os
import re
import signal
import socket
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
from fastapi.testclient import TestClient
from onnx import helper
from PIL import Image

from atnet.server.app import create_app
from atnet.server.service import Service
from atnet.server.settings import Settings
from onnx_files import save_network

SIZE = 60, 40  # width, height


def network(folder: Path, work: int = 0) -> Path:
    """A network whose alpha is the picture's red; as many convolutions make it slow."""
    path = folder / f"small{work}.onnx"
    if path.exists():
        return path
    constants: dict[str, Any] = {
        "red": np.array([[1], [0], [0]], np.float32),
        "widen": np.full((32, 3, 1, 1), 0.1, np.float32),
        "mix": np.full((32, 32, 3, 3), 1e-3, np.float32),
        "nothing": np.zeros((1, 32, 1, 1), np.float32),
    }
    nodes = [
        helper.make_node("MatMul", ["image", "red"], ["picked"]),
        helper.make_node("Transpose", ["image"], ["first"], perm=[0, 3, 1, 2]),
        helper.make_node("Conv", ["first", "widen"], ["c0"]),
        *(
            helper.make_node("Conv", [f"c{n}", "mix"], [f"c{n + 1}"], pads=[1, 1, 1, 1])
            for n in range(work)
        ),
        helper.make_node("Conv", [f"c{work}", "nothing"], ["zero"]),
        helper.make_node("Transpose", ["zero"], ["zeros"], perm=[0, 2, 3, 1]),
        helper.make_node("Mul", ["trimap", "zeros"], ["more_zeros"]),
        helper.make_node("Add", ["picked", "more_zeros"], ["alpha"]),
    ]
    inputs = {"image": [1, "h", "w", 3], "trimap": [1, "h", "w", 1]}
    return save_network(path, nodes, inputs, {"alpha": [1, "h", "w", 1]}, constants)


def settings(folder: Path, **changes) -> Settings:
    return Settings(**{"preset": network(folder), "quality": "fast", "threads": 1, **changes})


@contextlib.contextmanager
def client_of(chosen: Settings, **options):
    """A client in this process, as a browser on this machine would be."""
    app = create_app(chosen)
    with TestClient(app, base_url="http://127.0.0.1:8000", **options) as client:
        yield client


def service_in(client: TestClient) -> Service:
    """What the routes behind a client share."""
    app: Any = client.app
    return app.state.service


def png(pixels) -> bytes:
    file = io.BytesIO()
    Image.fromarray(pixels).save(file, "PNG")
    return file.getvalue()


def pixels_of(answer) -> np.ndarray:
    assert answer.status_code == 200, answer.text
    return np.asarray(Image.open(io.BytesIO(answer.content)))


def scene(width=SIZE[0], height=SIZE[1]):
    """Noise, and a trimap of three upright bands."""
    image = np.random.default_rng(0).integers(0, 256, (height, width, 3), dtype=np.uint8)
    trimap = np.full((height, width), 128, np.uint8)
    trimap[:, : width // 4], trimap[:, -width // 4 :] = 0, 255
    return image, trimap


def form(**parts):
    """Files of a form, under a name that must not matter; texts go elsewhere."""
    return {name: ("../../etc/passwd", content) for name, content in parts.items()}


def both():
    image, trimap = scene()
    return form(image=png(image), trimap=png(trimap))


def refused(answer, status: int) -> str:
    """What a problem says, once it is shaped like one."""
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    told = answer.json()
    assert set(told) == {"type", "title", "status", "detail"}
    assert told["status"] == status
    assert "\n" not in told["detail"]
    return told["detail"]


def lines_of(answer) -> list[dict]:
    return [json.loads(line) for line in answer.text.splitlines()]


@contextlib.contextmanager
def running(folder: Path, *options, work=0):
    """The service as a process of its own; yields its port and the process."""
    command = [
        *(sys.executable, "-m", "atnet", "serve", "--port", "0", "--quality", "fast"),
        *("--preset", network(folder, work), "--threads", "1", *options),
    ]
    process = subprocess.Popen(
        [*map(str, command)],
        stderr=subprocess.PIPE,
        text=True,
        env=os.environ | {"ATNET_API_KEYS": ""},
    )
    assert process.stderr
    try:
        for line in process.stderr:
            if found := re.search(r"running on http://127\.0\.0\.1:(\d+)", line):
                break
        else:
            raise AssertionError("the service did not start")
        yield int(found[1]), process
    finally:
        if process.poll() is None:
            process.send_signal(signal.SIGKILL)
        process.wait()
        process.stderr.close()


def dial(port: int) -> socket.socket:
    return socket.create_connection(("127.0.0.1", port), timeout=60)


def answer_of(connection: socket.socket) -> bytes:
    """All that comes until the other side ends the connection."""
    received = b""
    with contextlib.suppress(ConnectionResetError):
        while part := connection.recv(65536):
            received += part
    return received
