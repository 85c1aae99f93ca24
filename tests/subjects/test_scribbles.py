import numpy as np
import pytest

from atnet.files.images import encode_image
from atnet.subjects.bands import EvenBand
from atnet.subjects.scribbles import read_strokes, trimap_from_scribbles
from atnet.trimaps import TrimapError

SIZE = (120, 160)
ROWS, COLUMNS = np.indices(SIZE)
LEFT, RIGHT = (np.hypot(ROWS - 60, COLUMNS - centre) < 25 for centre in (40, 120))
ON, BESIDE = np.zeros((2, *SIZE), bool)
ON[58:62, 30:50] = True
BESIDE[5:8, 10:150] = BESIDE[110:113, 10:150] = True


@pytest.fixture(scope="module")
def image():
    """Two red discs on a blue ground with noise; one of them has a white spot."""
    image = np.where((LEFT | RIGHT)[..., None], [200, 60, 50], [30, 60, 120])
    image[90:95, 20:25] = 255
    noise = np.random.default_rng(0).normal(0, 6, image.shape)
    return np.clip(image + noise, 0, 255).astype(np.uint8)


def drawn(ground):
    layer = ground.copy()
    layer[ON, :3], layer[BESIDE, :3] = 255, 0
    if layer.shape[2] == 4:
        layer[ON | BESIDE, 3] = 255
    return layer


def forms(image):
    return {
        "transparent": drawn(np.zeros((*SIZE, 4), np.uint8)),
        "grey": drawn(np.full((*SIZE, 3), 128, np.uint8)),
        "photograph": drawn(image),
    }


@pytest.mark.parametrize("form", ["transparent", "grey", "photograph"])
def test_all_forms_say_the_same(image, form):
    layer = forms(image)[form]
    for given in (layer, encode_image(layer)):
        white, black = read_strokes(given, image)
        np.testing.assert_array_equal(white, ON)
        np.testing.assert_array_equal(black, BESIDE)


def test_what_hangs_together_with_the_strokes_is_found(image):
    """The other disc has the same colour, but no stroke."""
    trimap = trimap_from_scribbles(image, forms(image)["transparent"])
    core = np.hypot(ROWS - 60, COLUMNS - 40) < 20
    assert (trimap[core] == 255).all()
    assert (trimap[np.hypot(ROWS - 60, COLUMNS - 40) > 31] == 0).all()
    assert (trimap[LEFT & ~core] != 0).all()


def test_strokes_hold_whatever_is_found(image):
    layer = forms(image)["transparent"]
    layer[60, 60:70] = 255  # over the outline and beyond
    trimap = trimap_from_scribbles(image, layer, EvenBand(8))
    assert (trimap[60, 60:70] == 255).all()
    assert (trimap[BESIDE] == 0).all()


def test_thin_strokes_on_a_large_picture_are_seen(image):
    large = np.repeat(np.repeat(image, 8, axis=0), 8, axis=1)
    layer = np.full(large.shape, 128, np.uint8)
    layer[480, 240:400], layer[40, 100:1200] = 255, 0
    trimap = trimap_from_scribbles(large, layer)
    assert trimap[480, 320] == 255
    assert trimap[480, 960] == 0


def test_soft_brushes_are_taken(image):
    layer = forms(image)["grey"]
    layer[57, 30:50] = layer[62, 30:50] = 190
    white, _ = read_strokes(layer, image)
    np.testing.assert_array_equal(white, ON)


@pytest.mark.parametrize(
    ("spoil", "message"),
    [
        (lambda layer: layer[:50], r"have the shape \(50, 160, 4\), but the image is 160 x 120"),
        (lambda layer: layer[..., 0], r"have the shape \(120, 160\)"),
        (lambda layer: np.where(ON[..., None], np.uint8(0), layer), "no white strokes"),
        (lambda layer: np.where(BESIDE[..., None], np.uint8(0), layer), "no black ones"),
        (lambda layer: layer.astype(np.int64), "int64"),
    ],
)
def test_impossible_drawings_are_refused(image, spoil, message):
    with pytest.raises(ValueError, match=message):
        trimap_from_scribbles(image, spoil(forms(image)["transparent"]))


@pytest.mark.parametrize("form", ["transparent", "grey", "photograph"])
def test_other_colours_are_named(image, form):
    layer = forms(image)[form]
    layer[100:104, 100:140] = (255, 0, 0, 255)[: layer.shape[2]]
    with pytest.raises(TrimapError, match=r"160 pixels .* such as \(255, 0, 0\) at 1\d\d, 10\d"):
        trimap_from_scribbles(image, layer)
