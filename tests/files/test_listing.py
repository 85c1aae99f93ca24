import cv2
import fsspec
import numpy as np
import pytest
from PIL import Image

from atnet.files.images import read_image
from atnet.files.listing import files_by_stem, find_images, size_of
from atnet.files.storage import StoragePath
from scene_files import disc_scene, save


def test_files_are_found_by_stem(tmp_path):
    pixels = np.zeros((2, 2), np.uint8)
    for name in ("b.png", "a.JPG", "sub/a.png", "._b.png"):
        target = tmp_path / name
        target.parent.mkdir(exist_ok=True)
        target.write_bytes(cv2.imencode(".png", pixels)[1].tobytes())
    (tmp_path / "notes.txt").write_text("no image")
    assert list(files_by_stem(tmp_path)) == ["a", "b", "sub/a"]
    (tmp_path / "b.jpg").touch()
    assert [path.name for path in find_images(tmp_path)] == ["a.JPG", "b.jpg", "b.png", "a.png"]
    with pytest.raises(ValueError, match="same name"):
        files_by_stem(tmp_path)
    for find in (files_by_stem, find_images):
        with pytest.raises(ValueError, match="missing: is not a folder"):
            find(tmp_path / "missing")


@pytest.mark.parametrize("suffix", [".png", ".JPG", ".jpeg", ".tif", ".TIFF", ".webp", ".bmp"])
def test_all_kinds_of_images_are_found(tmp_path, suffix):
    assert find_images(tmp_path) == []
    (tmp_path / f"a{suffix}").touch()
    assert find_images(tmp_path) == [tmp_path / f"a{suffix}"]


def test_what_is_hidden_and_folders_named_like_images_are_no_images(tmp_path):
    for name in (".thumbnails/a.png", "sub/.cache/deep/a.png", "._b.png", "c.png/d.png"):
        save(tmp_path / name, np.zeros((2, 2), np.uint8))
    assert find_images(tmp_path) == [tmp_path / "c.png/d.png"]


def test_sizes_are_those_after_reading(tmp_path):
    image, _, _ = disc_scene()
    path = save(tmp_path / "image.bmp", image)
    assert size_of(path) == (72, 64)
    for orientation in range(1, 9):
        exif = Image.Exif()
        exif[0x0112] = orientation
        for suffix in ("jpg", "png", "tif", "webp"):
            turned = tmp_path / f"turned.{suffix}"
            Image.fromarray(image).save(turned, exif=exif)
            assert size_of(turned) == read_image(turned).shape[1::-1], (orientation, suffix)


@pytest.mark.parametrize("suffix", ["png", "jpg", "bmp"])
def test_sizes_are_read_from_headers_alone(tmp_path, suffix):
    noise = np.random.default_rng(0).integers(0, 256, (200, 300, 3), dtype=np.uint8)
    path = save(tmp_path / f"image.{suffix}", noise)
    path.write_bytes(path.read_bytes()[:2000])
    assert size_of(path) == (300, 200)


def test_sizes_of_what_is_no_image_are_refused_by_name(tmp_path):
    with pytest.raises(ValueError, match=r"gone\.png is missing"):
        size_of(tmp_path / "gone.png")
    (tmp_path / "text.png").write_text("no image")
    with pytest.raises(ValueError, match=r"text\.png cannot be read: UnidentifiedImageError"):
        size_of(tmp_path / "text.png")


def test_a_storage_is_listed_as_a_folder_is():
    bucket = StoragePath("memory://listed")
    try:
        for name in ("b.png", "a.JPG", "sub/a.png", ".hidden/c.png", "._b.png", "notes.txt"):
            (bucket / name).write_bytes(b"x")
        assert find_images(bucket) == [bucket / "a.JPG", bucket / "b.png", bucket / "sub/a.png"]
        assert files_by_stem(bucket / "sub") == {"a": bucket / "sub/a.png"}
        with pytest.raises(ValueError, match="memory://listed/missing: is not a folder"):
            find_images(bucket / "missing")
    finally:
        fsspec.filesystem("memory").store.clear()
