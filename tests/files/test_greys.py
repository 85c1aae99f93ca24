import numpy as np
import pytest

from atnet.files.greys import grey_of
from atnet.files.images import read_grey
from atnet.trimaps import read_trimap
from image_files import saved

TRIMAP = np.repeat(np.array([[0, 128, 255]], np.uint8), 20, axis=1).repeat(10, axis=0)


def painted(grey, alpha):
    return saved(np.dstack([grey, grey, grey, alpha]).astype(np.uint8), "PNG")


def test_a_trimap_whose_black_is_transparent_keeps_its_grey():
    """Its alpha once was taken, and the grey band became foreground."""
    opaque = (TRIMAP > 0) * np.uint8(255)
    with pytest.warns(
        UserWarning, match="its greys are taken for the trimap, and black where it is"
    ):
        trimap = read_trimap(painted(TRIMAP, opaque))
    np.testing.assert_array_equal(trimap, TRIMAP)


def test_smoothed_edges_and_black_that_is_drawn_do_not_matter():
    grey = TRIMAP.copy()
    opaque = (TRIMAP > 0) * np.uint8(255)
    opaque[:5] = 255  # half of the black is there
    opaque[:, 20] = 128
    with pytest.warns(UserWarning, match="its greys are taken"):
        seen = read_grey(painted(grey, opaque))
    np.testing.assert_array_equal(seen[:, 25:] * 255, TRIMAP[:, 25:])
    assert not seen[:, :20].any()


@pytest.mark.parametrize(
    "grey",
    [
        np.random.default_rng(0).integers(0, 256, TRIMAP.shape),  # a black and white photograph
        np.full(TRIMAP.shape, 128),  # an icon of one grey
        np.full(TRIMAP.shape, 255),  # a mask: white, or transparent
        np.where(TRIMAP > 128, 255, 0),  # black and white
    ],
    ids=["photograph", "icon", "white", "two values"],
)
def test_cutouts_and_masks_are_read_from_their_alpha(grey):
    alpha = np.where(TRIMAP > 128, 255, 0)
    np.testing.assert_array_equal(read_grey(painted(grey, alpha)) * 255, alpha)


def test_a_coloured_cutout_is_read_from_its_alpha():
    colour = np.random.default_rng(0).random((4, 5, 3), np.float32)
    alpha = np.zeros((4, 5), np.float32)
    assert grey_of(colour, alpha, "x") is alpha
