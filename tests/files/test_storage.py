import copy
import json
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path, PurePosixPath

import fsspec
import numpy as np
import pytest

from atnet.files.images import ImageError, encode_image, read_image
from atnet.files.sources import MAX_FILE_BYTES
from atnet.files.storage import (
    StoragePath,
    location,
    size_if_there,
    version_of,
    versions_of,
)


@pytest.fixture
def bucket():
    yield StoragePath("memory://bucket")
    fsspec.filesystem("memory").store.clear()


def test_where_something_lies_is_read_from_its_name():
    assert location("photos/a.jpg") == Path("photos/a.jpg")
    assert location("C:/photos") == Path("C:/photos")
    assert location("file:///photos/a.jpg") == Path("/photos/a.jpg")
    assert type(location("file:///photos")) is type(Path())
    assert str(location("gs://bucket/a b.jpg")) == "gs://bucket/a b.jpg"
    with pytest.raises(ValueError, match="chains of URLs cannot be used"):
        location("simplecache::s3://bucket/x")


def test_names_are_made_as_those_of_files():
    image = StoragePath("s3://bucket/a/x.tar.jpg")
    folder = StoragePath("s3://bucket")
    assert str(image.with_name(f"{image.stem}.trimap.png")) == "s3://bucket/a/x.tar.trimap.png"
    assert image.relative_to(folder) == PurePosixPath("a/x.tar.jpg")
    assert folder.relative_to(folder) == PurePosixPath()
    assert folder in image.parents
    assert str(folder / "b" / "y.png") == "s3://bucket/b/y.png"
    assert image.is_relative_to(folder)
    assert not image.is_relative_to(StoragePath("gs://bucket"))
    assert not image.is_relative_to(Path("/"))
    assert copy.deepcopy(image) == image  # as it passes between processes
    assert len({image, StoragePath("s3://bucket/a/x.tar.jpg"), folder}) == 2


def test_objects_are_written_read_and_listed(bucket):
    (bucket / "a/x.jpg").write_bytes(b"abc")
    (bucket / "y.jpg").write_bytes(b"")
    assert (bucket / "a/x.jpg").read_bytes() == b"abc"
    assert ((bucket / "a/x.jpg").size(), (bucket / "y.jpg").size()) == (3, 0)
    assert {path: size for path, (size, _) in bucket.objects().items()} == {
        bucket / "a/x.jpg": 3,
        bucket / "y.jpg": 0,
    }
    assert bucket.is_dir()
    assert not (bucket / "a/x.jpg").is_dir()
    assert (bucket / "a/x.jpg").is_file()
    assert not (bucket / "a").is_file()
    assert (bucket / "none").objects() == {}


def test_versions_are_the_same_however_they_are_asked_for_and_change_with_the_object(bucket):
    one, two = bucket / "x.jpg", bucket / "none.jpg"
    one.write_bytes(b"abc")
    first = version_of(one)
    assert versions_of([one, two]) == {one: first}
    assert bucket.objects()[one] == (3, first)
    one.write_bytes(b"abd")
    assert version_of(one) != first
    assert (size_if_there(one), size_if_there(two)) == (3, None)
    with pytest.raises(FileNotFoundError, match=rf"{two}: cannot be read: no such object"):
        version_of(two)


def test_the_version_of_a_file_is_its_size_and_time(tmp_path):
    (tmp_path / "x").write_bytes(b"abc")
    assert version_of(tmp_path / "x") == f"3 {(tmp_path / 'x').stat().st_mtime_ns}"
    assert size_if_there(tmp_path / "x") == 3
    assert size_if_there(tmp_path / "y") is None


@pytest.mark.parametrize(
    ("told", "expected"),
    [
        ({"size": 3, "ETag": '"1f"', "LastModified": datetime(2026, 1, 1, tzinfo=UTC)}, '3 "1f"'),
        ({"size": 3, "mtime": datetime(1970, 1, 2, tzinfo=UTC)}, "3 86400.0"),
        ({"size": None}, "None "),
    ],
)
def test_the_surest_of_what_a_storage_tells_is_taken(told, expected, monkeypatch):
    monkeypatch.setattr(fsspec.filesystem("memory").__class__, "info", lambda *_, **__: told)
    assert StoragePath("memory://x").version() == expected


@pytest.mark.parametrize("name", ["a//x.jpg", "../x.jpg", "a/../../x.jpg"])
def test_names_that_could_lead_elsewhere_are_refused(bucket, name):
    store = fsspec.filesystem("memory").store
    (bucket / "y.jpg").write_bytes(b"")
    store[f"/{bucket.name}/{name}"] = store[f"/{bucket.name}/y.jpg"]
    with pytest.raises(ValueError, match=r"is no name that a file can have; rename it"):
        bucket.objects()


def test_pictures_are_read_within_limits(bucket, monkeypatch):
    picture = bucket / "x.png"
    picture.write_bytes(encode_image(np.full((2, 3), 0.2, np.float32)))
    assert read_image(picture).shape == (2, 3, 3)
    with pytest.raises(ImageError, match=r"none\.png: cannot be read: no such object"):
        read_image(bucket / "none.png")
    monkeypatch.setattr(StoragePath, "size", lambda _: MAX_FILE_BYTES + 1)
    monkeypatch.setattr(StoragePath, "read_bytes", lambda _: pytest.fail("it was downloaded"))
    with pytest.raises(ImageError, match=rf"{picture}: has more than the \d+ bytes allowed"):
        read_image(picture)


def test_what_cannot_be_reached_is_one_line_with_its_name():
    with pytest.raises(ValueError, match=r"^nope://a/x: Protocol not known: nope$"):
        StoragePath("nope://a/x").read_bytes()
    with pytest.raises(OSError, match=r"^zip://x: cannot be read: "):
        StoragePath("zip://x").read_bytes()


class Curt(fsspec.AbstractFileSystem):
    """Answers as a web server in trouble does: sizes are not told, and pages are no JSON."""

    protocol = "curt"

    def info(self, path, **kwargs):
        del kwargs
        return {"name": path, "size": None, "type": "file"}

    def cat_file(self, path, start=None, end=None, **kwargs):
        del path, start, end, kwargs
        return json.loads("<html>")


@pytest.fixture
def curt():
    fsspec.register_implementation(Curt.protocol, Curt, clobber=True)
    return StoragePath("curt://a/x.png")


def test_an_object_whose_size_is_not_told_is_not_downloaded(curt):
    with pytest.raises(ImageError, match=r"^curt://a/x\.png: .*does not tell its size$"):
        read_image(curt)


def test_errors_with_more_than_a_message_are_one_line_too(curt):
    with pytest.raises(ValueError, match=r"^curt://a/x\.png: Expecting value: line 1 column 1"):
        curt.read_bytes()


def test_without_fsspec_the_message_names_the_extra():
    code = (
        "import sys; sys.modules['fsspec'] = None\n"
        "from atnet.files.storage import location\n"
        "try: location('s3://a/x').read_bytes()\n"
        "except ImportError as error: print(error)"
    )
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert run.stdout == ("s3://a/x: storages need another package: pip install 'atnet[storage]'\n")
