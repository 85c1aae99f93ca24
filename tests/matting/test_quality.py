import numpy as np
import pytest

from atnet.matting.quality import VIEWS, View, refinement_of


@pytest.mark.parametrize("view", [*VIEWS["best"], View(turns=3, mirrored=True, scale=2.0)])
def test_what_a_view_does_is_undone(view):
    """A smooth ramp survives being scaled; a pixel in the wrong place would show."""
    rows, columns = np.indices((24, 40))
    alpha = ((rows / 24 + 2 * columns / 40) / 3).astype(np.float32)
    image, trimap = view.shown(alpha[..., None].repeat(3, axis=2), np.full((24, 40), 128, np.uint8))
    assert image.shape[:2] == trimap.shape
    undone = view.undone(image[..., 0], 24, 40)
    np.testing.assert_allclose(undone, alpha, atol=0.01)


def test_a_view_by_hand():
    trimap = np.array([[0, 128, 255], [0, 0, 0]], np.uint8)
    image = trimap[..., None].repeat(3, axis=2) / np.float32(255)
    assert View(mirrored=True).shown(image, trimap)[1].tolist() == [[255, 128, 0], [0, 0, 0]]
    assert View(turns=1).shown(image, trimap)[1].tolist() == [[255, 0], [128, 0], [0, 0]]


def test_a_trimap_keeps_its_three_values():
    trimap = np.random.default_rng(0).choice([0, 128, 255], (30, 31)).astype(np.uint8)
    _, shown = View(scale=1.5).shown(np.zeros((30, 31, 3), np.float32), trimap)
    assert set(np.unique(shown)) == {0, 128, 255}


def test_the_refinement_is_what_is_asked_for_or_what_the_quality_says():
    assert [refinement_of(quality) for quality in VIEWS] == ["none", "colour-lines", "colour-lines"]
    assert refinement_of("best", "none") == "none"
    with pytest.raises(ValueError, match="quality is 'good'; allowed are fast, standard, best"):
        refinement_of("good")  # pyright: ignore[reportArgumentType]
    with pytest.raises(ValueError, match="refine is 'all'; allowed are colour-lines, none"):
        refinement_of("best", "all")  # pyright: ignore[reportArgumentType]
