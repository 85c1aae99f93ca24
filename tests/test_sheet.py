import numpy as np

from atnet.sheet import contact_sheet, on_checkerboard


def test_pictures_stand_in_reading_order():
    shades = (0.2, 0.4, 0.6, 0.8)
    pictures = {str(shade): np.full((30, 60), shade) for shade in shades}
    sheet = contact_sheet(pictures, columns=3, width=60)
    # cell: 12 gap + 60 wide; 12 gap + 28 caption + 30 high
    centres = [(55, 42 + 72 * column) for column in range(3)] + [(55 + 70, 42)]
    for (row, column), shade in zip(centres, shades, strict=True):
        np.testing.assert_allclose(sheet[row, column], shade, atol=1e-6)
    assert sheet.shape == (2 * 70 + 12, 3 * 72 + 12, 3)


def test_bytes_are_drawn_as_their_floats():
    """A trimap's 128 is grey, not white."""
    trimap = np.repeat(np.array([[0, 128, 255]], np.uint8), 20, axis=0).repeat(20, axis=1)
    np.testing.assert_allclose(
        contact_sheet({"trimap": trimap}, width=60),
        contact_sheet({"trimap": trimap / 255}, width=60),
        atol=1e-6,
    )


def test_captions_are_drawn():
    with_text = contact_sheet({"alpha": np.ones((10, 60))}, width=60)
    without = contact_sheet({"": np.ones((10, 60))}, width=60)
    assert (with_text[12:40] != without[12:40]).any()
    np.testing.assert_array_equal(with_text[40:], without[40:])


def test_checkerboard_shows_only_through_transparent_pixels():
    cutout = np.zeros((40, 40, 4), np.float32)
    cutout[:20] = [1, 0, 0, 1]
    shown = on_checkerboard(cutout)
    np.testing.assert_array_equal(shown[:20], np.broadcast_to([1, 0, 0], (20, 40, 3)))
    assert len(np.unique(shown[20:])) == 2
