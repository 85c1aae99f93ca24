"""A trimap on the stored pixels of a turned photograph: fitted, warned of, or left as told."""

import warnings

import numpy as np
import pytest

from atnet.files.images import encode_image, read_photograph
from atnet.files.metadata import Metadata
from atnet.files.orientation import upright
from atnet.jobs.photo import ASSETS
from atnet.subjects.fitting import contrast, fitted
from atnet.subjects.hints import Box, DrawnTrimap, RoughMask, Scribbles
from image_files import saved

SHOWN = read_photograph(ASSETS / "lemur.png")
TRIMAP = DrawnTrimap(ASSETS / "lemur_trimap.png").trimap(SHOWN.pixels)


def turned(orientation):
    """The photograph as it is read from a file that stores it turned."""
    return SHOWN._replace(metadata=Metadata(orientation))


def stored(grey, orientation):
    """What turns to the grey picture: the other three quarter turns undo one."""
    undoing = {6: 8, 8: 6}
    return upright(grey, undoing.get(orientation) or orientation)


def as_drawn(grey, photograph, reading=None, kind: type[DrawnTrimap | RoughMask] = DrawnTrimap):
    hint = fitted(kind(grey), photograph, reading)
    assert isinstance(hint, kind)
    return hint.picture


@pytest.mark.parametrize("orientation", range(3, 9))
def test_one_on_the_stored_pixels_is_turned_and_it_is_said(orientation):
    """From 5 on the size tells, up to 4 the picture."""
    why = (
        "only its stored pixels have this size" if orientation > 4 else "stored pixels agree better"
    )
    with pytest.warns(UserWarning, match=rf"trimap: .*orientation {orientation}\).* {why}"):
        picture = as_drawn(stored(TRIMAP, orientation), turned(orientation))
    np.testing.assert_array_equal(picture, TRIMAP)


@pytest.mark.parametrize("orientation", [1, *range(3, 9)])
def test_one_on_the_shown_pixels_is_left_silently(orientation):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        np.testing.assert_array_equal(as_drawn(TRIMAP, turned(orientation)), TRIMAP)


@pytest.mark.parametrize("reading", ["shown", "stored"])
def test_what_is_told_is_done_silently(reading):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        picture = as_drawn(TRIMAP, turned(3), reading)
    expected = TRIMAP if reading == "shown" else TRIMAP[::-1, ::-1]
    np.testing.assert_array_equal(picture, expected)


def test_what_cannot_be_told_is_said_and_left():
    trimap = np.full((40, 60), 128, np.uint8)
    trimap[:, :20], trimap[:, 40:] = 0, 255
    flat = SHOWN._replace(pixels=np.full((40, 60, 3), 0.5, np.float32), metadata=Metadata(3))
    with pytest.warns(
        UserWarning, match="trimap: .* cannot be told whether it was drawn on the picture as shown"
    ):
        np.testing.assert_array_equal(as_drawn(trimap, flat), trimap)


def test_a_mirrored_face_cannot_be_told():
    """The lemur looks into the camera: its outline is much the same from left and right."""
    with pytest.warns(UserWarning, match="cannot be told"):
        assert as_drawn(TRIMAP, turned(2)) is TRIMAP


def test_one_of_another_size_is_left_to_be_refused():
    other = TRIMAP[:50, :60]
    assert as_drawn(other, turned(6)) is other


def test_a_mask_is_fitted_likewise():
    mask = TRIMAP > 200
    with pytest.warns(UserWarning, match="mask: the photograph was turned"):
        picture = as_drawn(stored(mask, 6), turned(6), kind=RoughMask)
    np.testing.assert_array_equal(picture, mask)


def strokes():
    """White on the lemur, black beside it, on transparency."""
    drawing = np.zeros((*TRIMAP.shape, 4), np.uint8)
    drawing[200:240, 300:380] = 255
    drawing[20:40, 20:300, 3] = 255
    return drawing


@pytest.mark.parametrize("as_file", [False, True])
def test_scribbles_are_fitted_by_their_size(as_file):
    drawn = stored(strokes(), 6)
    source = saved(drawn, "PNG") if as_file else drawn
    with pytest.warns(UserWarning, match="scribbles: .*only its stored pixels have this size"):
        hint = fitted(Scribbles(source), turned(6))
    assert isinstance(hint, Scribbles)
    expected = Scribbles(strokes()).trimap(SHOWN.pixels)
    np.testing.assert_array_equal(hint.trimap(SHOWN.pixels), expected)


def test_scribbles_that_fit_both_ways_are_as_told():
    with pytest.warns(UserWarning, match="scribbles: .*cannot be told"):
        shown = fitted(Scribbles(strokes()), turned(3))
    told = fitted(Scribbles(strokes()), turned(3), "stored")
    assert isinstance(shown, Scribbles)
    assert isinstance(told, Scribbles)
    np.testing.assert_array_equal(shown.picture, strokes())
    np.testing.assert_array_equal(told.picture, strokes()[::-1, ::-1])


def test_a_file_with_an_orientation_of_its_own_is_turned_once():
    exif = b"MM\0*\0\0\0\x08\0\1\1\x12\0\3\0\0\0\1\0\6\0\0\0\0\0\0"
    data = saved(stored(TRIMAP, 6), "PNG", exif=exif)
    for reading in (None, "shown", "stored"):
        picture = as_drawn(data, turned(6), reading)
        np.testing.assert_array_equal(DrawnTrimap(picture).trimap(SHOWN.pixels), TRIMAP)


def test_files_are_read_once():
    data = encode_image(stored(TRIMAP, 6))
    with pytest.warns(UserWarning, match="turned likewise"):
        picture = as_drawn(data, turned(6))
    np.testing.assert_array_equal(DrawnTrimap(picture).trimap(SHOWN.pixels), TRIMAP)


def test_other_hints_are_as_they_are():
    box = Box(1, 2, 3, 4)
    assert fitted(box, turned(6)) is box


def test_contrast_by_hand():
    """Left of the outline black, right of it a grey of one half: the distance is sqrt(3) / 2."""
    sides = np.zeros((60, 80), np.float32)
    sides[:, 40:] = 1
    image = np.dstack([sides * 0.5] * 3)
    assert contrast(image, sides) == pytest.approx(np.sqrt(3) / 2, abs=1e-3)
    assert contrast(image, sides.T.repeat(2, 1)[:60, :80]) < 0.1
    assert contrast(image, np.ones_like(sides)) == 0
