import io

import numpy as np
import pytest

from atnet.files.images import ImageError, read_grey
from atnet.files.metadata import Metadata
from atnet.files.storage import StoragePath
from atnet.jobs.outputs import (
    Margin,
    Outputs,
    check_outputs,
    encoded,
    object_box,
    parse_margin,
    write,
)
from image_files import WIDE_PROFILE


def test_only_what_is_wanted_is_named(tmp_path):
    outputs = Outputs(alpha=tmp_path / "a.png", cutout=tmp_path / "c.png")
    assert list(outputs.wanted()) == ["alpha", "cutout"]


@pytest.mark.parametrize(
    ("text", "margin"),
    [("0", Margin(0)), ("20", Margin(20)), ("5%", Margin(share=0.05)), ("0%", Margin())],
)
def test_margins(text, margin):
    assert parse_margin(text) == margin


@pytest.mark.parametrize("text", ["", "x", "-1", "5 %%", "nan", "inf", "1e9"])
def test_what_is_no_margin(text):
    with pytest.raises(ValueError, match="give a margin in pixels such as 20, or such as 5%"):
        parse_margin(text)


@pytest.mark.parametrize(
    ("margin", "rows", "columns"),
    [
        (Margin(0), (10, 14), (20, 30)),
        (Margin(3), (7, 17), (17, 33)),
        (Margin(share=0.2), (8, 16), (18, 32)),  # a fifth of 10
        (Margin(15), (0, 29), (5, 40)),  # as far as the picture goes
    ],
)
def test_the_box_of_an_object(margin, rows, columns):
    alpha = np.zeros((40, 40), np.float32)
    alpha[10:14, 20:30] = 0.01
    alpha[0, 0] = 0.001  # nothing in 8 bits
    assert object_box(alpha, margin) == (slice(*rows), slice(*columns))


def test_without_an_object_nothing_is_cropped():
    with pytest.raises(ValueError, match="crop: nothing is left of the picture"):
        object_box(np.zeros((4, 5)), Margin(3))


@pytest.mark.parametrize(
    ("name", "file", "bits", "message"),
    [
        ("cutout", "a.jpg", None, r"a\.jpg: .*no alpha channel"),
        ("alpha", "a.exr", 8, "cannot hold 8 bits per channel, only 16 or 32"),
        ("alpha", "a.png", 32, "cannot hold 32 bits"),
        ("alpha", "a.heic", None, r"cannot write files that end in '\.heic'"),
    ],
)
def test_what_a_format_cannot_hold_is_refused(tmp_path, name, file, bits, message):
    with pytest.raises(ImageError, match=message):
        check_outputs({name: tmp_path / file}, bits)


def test_a_profile_is_refused_where_there_is_no_place_for_it(tmp_path):
    wide = Metadata(profile=WIDE_PROFILE)
    with pytest.raises(ImageError, match=r"a\.exr: OpenEXR has no colour profiles"):
        check_outputs({"cutout": tmp_path / "a.exr"}, None, wide)
    check_outputs({"alpha": tmp_path / "a.exr", "cutout": tmp_path / "a.png"}, None, wide)


def test_files_and_open_files_are_written(tmp_path):
    alpha, stream = np.ones((2, 3), np.float32), io.BytesIO()
    for target in (tmp_path / "a.tif", stream):
        write({target: encoded(target, alpha, 16, None, Metadata())})
    np.testing.assert_array_equal(read_grey(tmp_path / "a.tif"), 1)
    assert stream.getvalue().startswith(b"\x89PNG")


def test_objects_are_put_after_files_and_in_their_own_formats(tmp_path):
    name = StoragePath("memory://outputs/a/cutout.jpg")
    with pytest.raises(ImageError, match=r"memory://outputs/a/cutout\.jpg: .*no alpha channel"):
        check_outputs({"cutout": name}, None)
    alpha = StoragePath("memory://outputs/a/alpha.tif")
    picture = np.full((4, 5), 0.5, np.float32)
    data = encoded(alpha, picture, 16, None, Metadata())
    with pytest.raises(OSError, match=r"the folder .* does not exist"):
        write({alpha: data, tmp_path / "none/alpha.tif": data})
    assert not alpha.is_file()
    write({alpha: data, tmp_path / "alpha.tif": data})
    assert alpha.read_bytes() == (tmp_path / "alpha.tif").read_bytes() == data
    assert read_grey(alpha).shape == (4, 5)
