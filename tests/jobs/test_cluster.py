"""Actors of a real Ray on this machine, which the tests of this file share."""

import contextlib
import functools
import os
import signal
import socket
import subprocess
import sys
from pathlib import Path
from typing import Any

import fsspec
import pytest

from actor_work import cannot_prepare, prepare
from atnet.files.journal import read_journal
from atnet.files.storage import StoragePath
from atnet.jobs.batch import Batch, plan_batch, run_batch
from atnet.jobs.cluster import room, running_ray, work_on_ray
from atnet.jobs.items import Writing
from atnet.jobs.workers import Killed
from batch_files import photographs
from storage_files import install_shelf

# Where another test loaded JAX into this process: Ray starts programs, which JAX takes for copies.
pytestmark = pytest.mark.filterwarnings(r"ignore:os\.fork\(\) was called:RuntimeWarning")

TESTS = Path(__file__).parents[1]
linux = pytest.mark.skipif(sys.platform != "linux", reason="reads /proc to find Ray's processes")
OPTIONS: dict[str, Any] = {"max_memory": "200MB"}


@pytest.fixture(scope="module")
def shelf(tmp_path_factory):
    """A storage that this process and the actors know."""
    folder = tmp_path_factory.mktemp("shelf")
    environment = install_shelf(folder)
    environment["PYTHONPATH"] += os.pathsep + str(TESTS)
    with pytest.MonkeyPatch.context() as patch:
        for name, value in environment.items():
            patch.setenv(name, value)
        patch.delenv("RAY_ADDRESS", raising=False)
        patch.syspath_prepend(str(folder / "packages"))
        fsspec.register_implementation("shelf", "shelf.Shelf", clobber=True)
        yield folder / "objects"


@pytest.fixture(scope="module")
def ray(shelf):  # noqa: ARG001  (the actors inherit its environment)
    with running_ray() as ray:
        yield ray


def processes(folder):
    """Process ids of the Ray of this file, by the environment that only they have."""
    for entry in Path("/proc").iterdir():
        with contextlib.suppress(OSError):
            mine = f"SHELF={folder}\0".encode() in (entry / "environ").read_bytes()
            if mine and entry.name.isdigit() and int(entry.name) != os.getpid():
                yield entry


def listening(process):
    """Addresses on which a process waits for others, in the kernel's notation."""
    sockets = {f"socket:[{line[9]}]": line[1].split(":")[0] for name in ("tcp", "tcp6")
               for line in map(str.split, Path(f"/proc/net/{name}").read_text().splitlines()[1:])
               if line[3] == "0A"}  # fmt: skip
    for link in (process / "fd").iterdir():
        with contextlib.suppress(OSError):
            if (name := str(link.readlink())) in sockets:
                yield sockets[name]


@linux
def test_it_is_private_to_the_machine(ray, shelf):
    (node,) = ray.nodes()
    assert node["NodeManagerAddress"] == "127.0.0.1"
    found = [address for process in processes(shelf) for address in listening(process)]
    assert len(found) > 3
    assert set(found) <= {"0100007F", "0000000000000000FFFF00000100007F"}  # 127.0.0.1
    assert os.environ["RAY_USAGE_STATS_ENABLED"] == "0"
    assert len(os.environ["RAY_AUTH_TOKEN"]) == 64
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler
    assert signal.getsignal(signal.SIGTERM) == signal.SIG_DFL


@pytest.mark.usefixtures("ray")
def test_a_model_that_cannot_be_loaded_is_one_error():
    tasks = [("fine", number) for number in range(3)]
    with pytest.raises(FileNotFoundError, match=r"^model with 2 threads: is missing$"):
        list(work_on_ray(cannot_prepare, tasks, workers=1, threads=2, **OPTIONS))


@pytest.mark.usefixtures("ray")
def test_killed_actors_cost_only_what_kills_every_one_of_them(tmp_path):
    tasks = [("fine", number) for number in range(20)]
    tasks[7], tasks[11] = ("unlucky", 7), ("poison", 11)
    found = list(
        work_on_ray(functools.partial(prepare, str(tmp_path)), tasks, workers=2, **OPTIONS)
    )
    results = dict(found)
    assert len(found) == len(results) == 20
    (task, killed) = found[-1]
    assert task == ("poison", 11)
    assert isinstance(killed, Killed)
    assert killed.reason.startswith("its actor was killed twice, most likely for want of memory")
    assert all(results[task] == 2 * task[1] for task in tasks if task[0] != "poison")
    assert len(list(tmp_path.glob("begun-7-*"))) == 1
    assert len(list(tmp_path.glob("begun-11-*"))) == 2  # and no third actor after them
    prepared = list(tmp_path.glob("prepared-*"))
    assert {path.read_text() for path in prepared} == {"1"}


def actors(folder):
    return [
        int(process.name)
        for process in processes(folder)
        if (process / "cmdline").read_bytes().startswith(b"ray::MapWorker")
    ]


@linux
@pytest.mark.usefixtures("ray")
def test_a_batch_whose_actor_is_killed_loses_nothing(shelf):
    """Photographs and results lie in a storage; one photograph is damaged."""
    photographs(shelf / "photos", 12, size=(64, 64))
    (shelf / "photos/a/x2.png").write_bytes(b"GIF")
    wanted = Batch(
        StoragePath("shelf://photos"),
        Writing(StoragePath("shelf://out"), ("cutout", "alpha")),
        matting={"quality": "standard", "engine": "onnxruntime", "max_memory": "400MB"},
        workers=2,
        on="ray",
    )
    entries = []

    def kill_once(entry):
        entries.append(entry)
        if len(entries) == 3:
            os.kill(actors(shelf)[0], signal.SIGKILL)

    run_batch(plan_batch(wanted), kill_once)
    assert read_journal(StoragePath("shelf://out/batch.jsonl")) == entries
    assert len({entry["image"] for entry in entries}) == len(entries) == 12
    (failed,) = [entry for entry in entries if entry["error"]]
    assert failed["error"].startswith("shelf://photos/a/x2.png: is not a JPEG")
    written = {}
    for entry in entries:
        written |= entry["outputs"]
    assert len(written) == 22
    found = {path for path in (shelf / "out").rglob("*") if path.is_file()} - {
        shelf / "out/batch.jsonl"
    }
    assert {path.relative_to(shelf / "out").as_posix(): path.stat().st_size for path in found} == (
        written
    )
    plan = plan_batch(Batch(**{**vars(wanted), "resume": True}))
    assert [item.name for _, item in plan.tasks] == ["a/x2.png"]
    assert len(plan.kept) == 11


def node(cores, memory, *, alive=True):
    return {"Alive": alive, "Resources": {"CPU": cores, "memory": memory * 1e9}}


def test_actors_fill_cores_and_memory_of_each_machine():
    nodes = [node(16, 64), node(16, 10), node(3, 100), node(96, 400, alive=False), {
        "Alive": True, "Resources": {"memory": 64e9}
    }]  # fmt: skip
    assert room(nodes, 1, 3 * 10**9) == 16 + 3 + 3
    assert room(nodes, 4, 3 * 10**9) == 4 + 3
    with pytest.raises(ValueError, match="no machine of the cluster has 32 free cores and 3 GB"):
        room(nodes, 32, 3 * 10**9)


@pytest.mark.parametrize("options", [{"workers": 0}, {"threads": 0}, {"max_memory": "much"}])
def test_what_cannot_be_asked_for_is_refused_before_ray_starts(options):
    with pytest.raises(ValueError, match=r"at least 1 is needed|give bytes or a size"):
        next(work_on_ray(cannot_prepare, [1], **options))


def test_without_ray_the_message_names_the_extra():
    code = (
        "import sys; sys.modules['ray'] = None\n"
        "from atnet.jobs.cluster import running_ray\n"
        "try:\n"
        "    with running_ray(): pass\n"
        "except ImportError as error: print(error)"
    )
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert run.stdout == "Ray is missing; pip install 'atnet[ray]'\n"


def test_a_cluster_that_is_not_there_is_told_at_once(monkeypatch):
    with socket.create_server(("127.0.0.1", 0)) as server:
        address = f"127.0.0.1:{server.getsockname()[1]}"
    monkeypatch.setenv("RAY_ADDRESS", address)
    expected = rf"RAY_ADDRESS is {address}, where nobody answers \(.*refused\); start Ray there"
    with pytest.raises(ConnectionError, match=expected), running_ray():
        pytest.fail("it began")
