import socket
import subprocess
import sys

import keras
import pytest

from atnet.training.devices import Process, use_all_devices


def test_one_device_needs_no_distribution():
    with use_all_devices(batch=3):
        assert keras.distribution.distribution() is None


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ((2, 2, "host:1"), "process 2 of 2; it must be at least 0 and less"),
        ((-1, 2, "host:1"), "process -1 of 2"),
        ((0, 2, ""), "2 processes with coordinator ''; several processes need"),
        ((0, 1, "host:1"), "1 processes with coordinator 'host:1'"),
    ],
)
def test_impossible_places_are_refused(arguments, message):
    with pytest.raises(ValueError, match=message):
        Process(*arguments)


def test_a_single_process_has_nobody_to_meet():
    Process().connect()
    Process().wait()


@pytest.mark.skipif(keras.backend.backend() == "jax", reason="JAX is what can do it")
def test_other_backends_do_not_train_in_several_processes():
    with pytest.raises(ValueError, match="set KERAS_BACKEND=jax"):
        Process(0, 2, "localhost:1").connect()


LATE_WRITER = """
import sys, time
from pathlib import Path
from atnet.training.devices import Process

index, coordinator, path = int(sys.argv[1]), sys.argv[2], Path(sys.argv[3])
process = Process(index, 2, coordinator)
process.connect()
if index == 0:
    time.sleep(1)
    path.touch()
process.wait()
sys.exit(not path.exists())
"""


@pytest.mark.skipif(keras.backend.backend() != "jax", reason="JAX is what can do it")
def test_processes_wait_for_what_one_of_them_writes(tmp_path):
    with socket.create_server(("localhost", 0)) as server:
        coordinator = f"localhost:{server.getsockname()[1]}"
    place = [coordinator, str(tmp_path / "weights")]
    processes = [
        subprocess.Popen([sys.executable, "-c", LATE_WRITER, str(index), *place])
        for index in (0, 1)
    ]
    assert [process.wait() for process in processes] == [0, 0]
