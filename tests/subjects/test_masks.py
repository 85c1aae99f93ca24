import numpy as np
import pytest

from atnet.files.images import encode_image
from atnet.subjects.hints import RoughMask
from atnet.subjects.masks import read_mask
from atnet.trimaps import TrimapError

SUBJECT = np.zeros((40, 60), np.uint8)
SUBJECT[10:30, 20:40] = 1


@pytest.mark.parametrize(
    "labels",
    [
        SUBJECT,
        SUBJECT.astype(np.uint16),
        encode_image(SUBJECT),
        encode_image(SUBJECT / 65535, bits=16),
    ],
    ids=["8 bits", "16 bits", "file of 8 bits", "file of 16 bits"],
)
def test_values_of_0_and_1_are_labels(labels):
    """They once made a trimap that was black all over, with exit code 0."""
    with pytest.warns(UserWarning, match="its values 0 and 1 are taken for labels"):
        mask = read_mask(labels, (40, 60, 3))
    np.testing.assert_array_equal(mask, SUBJECT * 255)


@pytest.mark.parametrize(
    ("mask", "message"),
    [
        (np.zeros((4, 5), np.uint8), "its values are 0 to 0 of 255, all background"),
        (np.full((4, 5), 12, np.uint8), "its values are 12 to 12 of 255, all background"),
        (np.linspace(0, 0.05, 20).reshape(4, 5), "its values are 0 to 13 of 255, all background"),
        (np.ones((4, 5), bool), "its values are 255 to 255 of 255, all foreground"),
        (np.full((4, 5), 65000, np.uint16), "its values are 253 to 253 of 255, all foreground"),
        (np.full((4, 5), 2, np.uint8), "its values are 2 to 2 of 255, all background"),
    ],
)
def test_an_empty_or_full_mask_is_refused_with_its_range(mask, message):
    with pytest.raises(TrimapError, match=f"^mask: {message}"):
        read_mask(mask, (4, 5))
    with pytest.raises(TrimapError, match=f"^mask: {message}"):
        RoughMask(mask).trimap(np.zeros((4, 5, 3)))


def test_soft_masks_are_as_they_are():
    soft = np.array([[0, 0, 128, 255]], np.uint8)
    np.testing.assert_array_equal(read_mask(soft, (1, 4)), soft)
    np.testing.assert_array_equal(read_mask(np.full((2, 2), 128, np.uint8), (2, 2)), 128)


def test_another_size_is_refused():
    with pytest.raises(TrimapError, match="mask: is 5 x 4 pixels, but the image is 7 x 6"):
        read_mask(np.ones((4, 5), np.uint8), (6, 7, 3))
