import numpy as np
import pytest

from atnet.subjects.bands import EvenBand, SoftBand, diagonal, lay_band
from atnet.trimaps import TrimapError

IMAGE = np.zeros((60, 80, 3), np.uint8)


def half(width=80):
    """The right half is the subject, 60 x 40 pixels."""
    mask = np.zeros((60, width), np.uint8)
    mask[:, width // 2 :] = 255
    return mask


def test_a_subject_is_measured_by_the_box_around_it():
    mask = np.zeros((200, 300), np.uint8)
    mask[10:40, 20] = mask[39, 20:60] = 255  # 30 rows, 40 columns
    assert diagonal(mask) == 50
    assert diagonal(np.full((3, 4), 100, np.uint8)) == 5  # grey alone: the whole picture


@pytest.mark.parametrize(
    ("band", "unknown"),
    [
        (EvenBand(0), 0),
        (EvenBand(4), 8),
        (EvenBand(2, 0.1), 14),  # 10 % of the diagonal of 60 x 40 is 7.2
        (EvenBand(9, 0.1), 18),
    ],
)
def test_a_band_of_pixels_or_of_the_subject(band, unknown):
    row = lay_band(band, IMAGE, half())[30]
    assert (row == 128).nonzero()[0].tolist() == list(range(40 - unknown // 2, 40 + unknown // 2))


def test_a_soft_mask_is_unknown_where_it_is_grey_and_three_pixels_around():
    mask = half()
    mask[:, 30:50] = np.linspace(20, 235, 20).astype(np.uint8)
    row = lay_band(SoftBand(), IMAGE, mask)[30]
    assert (row == 128).nonzero()[0].tolist() == list(range(27, 53))


def test_a_hard_mask_has_no_softness_to_go_by():
    with pytest.raises(TrimapError, match="black and white alone"):
        lay_band(SoftBand(), IMAGE, half())


def test_the_masks_size_is_checked():
    with pytest.raises(TrimapError, match="mask: is 78 x 60 pixels, but the image is 80 x 60"):
        lay_band(EvenBand(3), IMAGE, half(78))
