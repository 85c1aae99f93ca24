import os
from pathlib import Path

import pytest

from atnet.files import sources
from atnet.files.images import ImageError, read_grey, read_image
from image_files import RGB_8, saved


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("missing.png", "No such file"),
        ("file/below.png", "Not a directory"),
        ("folder", "is not a file"),
        ("a\0b.png", "null byte"),
    ],
)
def test_paths_that_are_no_files_are_refused(tmp_path, name, message):
    (tmp_path / "folder").mkdir()
    (tmp_path / "file").write_bytes(b"x")
    with pytest.raises(ImageError, match=message):
        read_image(tmp_path / name)


def test_a_huge_file_is_refused_by_its_size(tmp_path):
    path = tmp_path / "huge.png"
    with path.open("wb") as file:
        file.truncate(2**30 + 1)  # sparse: takes no space
    with pytest.raises(ImageError, match="has more than the 1073741824 bytes allowed"):
        read_image(path)


def test_huge_bytes_are_refused_by_their_number(monkeypatch):
    data = saved(RGB_8, "PNG")
    monkeypatch.setattr(sources, "MAX_FILE_BYTES", len(data))
    assert read_image(data).shape == RGB_8.shape
    message = f"image data: has more than the {len(data)} bytes allowed"
    for read in (read_image, read_grey):
        with pytest.raises(ImageError, match=message):
            read(data + b"x")


def test_a_pipe_is_refused_without_waiting_for_it(tmp_path):
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(ImageError, match="pipe: is not a file"):
        read_image(tmp_path / "pipe")


def test_endless_streams_are_not_read_to_their_end(monkeypatch):
    monkeypatch.setattr(sources, "MAX_FILE_BYTES", 1000)
    with Path("/dev/zero").open("rb") as endless, pytest.raises(ImageError, match="more than the"):
        read_image(endless)
