import numpy as np
import pytest

from atnet.files.images import encode_image
from atnet.subjects.hints import Box, DrawnTrimap, NoHint, RoughMask
from atnet.trimaps import TrimapError

SIZE = (96, 128)


@pytest.fixture(scope="module")
def image():
    """A bright disc on a dark ground."""
    inside = np.hypot(*(np.indices(SIZE) - np.array([48, 64])[:, None, None])) < 30
    return np.where(inside[..., None], [0.9, 0.8, 0.3], [0.05, 0.1, 0.4]).astype(np.float32)


@pytest.mark.parametrize(
    "hint",
    [
        DrawnTrimap(np.where(np.indices(SIZE)[1] < 64, np.uint8(255), np.uint8(128))),
        RoughMask(np.hypot(*(np.indices(SIZE) - np.array([48, 64])[:, None, None])) < 30),
        Box(28, 12, 72, 72),
        NoHint(),
    ],
    ids=lambda hint: type(hint).__name__,
)
def test_every_hint_makes_an_exact_trimap_of_the_images_size(image, hint):
    trimap = hint.trimap(image)
    assert trimap.shape == SIZE
    assert trimap[48, 60] == 255
    assert set(np.unique(trimap)) <= {0, 128, 255}


def test_a_mask_gets_a_band_of_three_pixels_at_least(image):
    """1 % of the diagonal of 96 x 128 is 1.6."""
    mask = np.zeros(SIZE, bool)
    mask[:, 64:] = True
    row = RoughMask(mask).trimap(image)[40]
    # Distances reach to the nearest pixel of the other kind: eroding by 3 takes three pixels.
    assert (row == 128).nonzero()[0].tolist() == list(range(61, 67))


def test_masks_are_taken_from_files(image):
    data = encode_image(np.ones((5, 7), np.float32))
    with pytest.raises(TrimapError, match="mask: is 7 x 5 pixels, but the image is 128 x 96"):
        RoughMask(data).trimap(image)
