import os

import fsspec
import pytest

from atnet.files.storage import StoragePath
from atnet.jobs.fingerprints import fingerprints, sizes_below
from atnet.jobs.items import Item
from atnet.jobs.outputs import Outputs
from atnet.jobs.photo import Job
from atnet.subjects.hints import DrawnTrimap


@pytest.fixture(params=["folder", "storage"])
def folder(request, tmp_path):
    yield tmp_path if request.param == "folder" else StoragePath("memory://photos")
    fsspec.filesystem("memory").store.clear()


def item(folder, trimaps):
    job = Job(folder / "x.jpg", DrawnTrimap(trimaps / "x.png"), Outputs(cutout=folder / "c.png"))
    return Item("x.jpg", job)


def write(path, content):
    path.write_bytes(content)
    if not isinstance(path, StoragePath):  # a clock that is coarser than this test is fast
        os.utime(path, ns=(0, int.from_bytes(content)))


@pytest.mark.parametrize("listed", [True, False])
def test_they_change_with_what_is_read_and_with_options_alone(folder, listed):
    elsewhere = StoragePath("memory://trimaps")

    def now(options="fast"):
        found = fingerprints([item(folder, elsewhere)], options, [folder] if listed else [])
        return found[0]

    seen = [now()]
    write(folder / "x.jpg", b"a")
    seen.append(now())
    write(elsewhere / "x.png", b"a")
    seen.append(now())
    write(folder / "x.jpg", b"b")
    seen.append(now())
    write(elsewhere / "x.png", b"b")
    seen.append(now())
    seen.append(now("best"))
    assert len(set(seen)) == 6
    write(folder / "c.png", b"a")
    assert now() == seen[4]


def test_they_are_the_same_whether_a_storage_was_listed_or_asked():
    photos = StoragePath("memory://photos")
    (photos / "x.jpg").write_bytes(b"a")
    both = [fingerprints([item(photos, photos)], "", folders) for folders in ([], [photos])]
    assert both[0] == both[1]


def test_sizes_are_those_of_files(folder):
    (folder / "x.jpg").write_bytes(b"abc")
    size = sizes_below(folder)
    assert (size("x.jpg"), size("y.jpg")) == (3, None)
