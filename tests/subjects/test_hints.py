import numpy as np
import pytest
from onnx import helper

from atnet.files.images import encode_image
from atnet.subjects.bands import EvenBand, SoftBand
from atnet.subjects.hints import (
    Box,
    DrawnTrimap,
    KnownAlpha,
    NoHint,
    RoughMask,
    SalientObject,
    Scribbles,
    hint_pictures,
    parse_band,
)
from atnet.subjects.mask_settings import MaskSettings
from atnet.trimaps import TrimapError
from onnx_files import save_network

SIZE = (96, 128)
DISC = np.hypot(*(np.indices(SIZE) - np.array([48, 64])[:, None, None])) < 30
SCRIBBLES = np.full((*SIZE, 3), 128, np.uint8)
SCRIBBLES[40:50, 60], SCRIBBLES[5, 5:120] = 255, 0
SETTINGS = MaskSettings((48, 64), mean=(0.05, 0, 0), std=(0.85, 1, 1))


@pytest.fixture(scope="module")
def network(tmp_path_factory):
    """Answers with how red the picture is."""
    path = tmp_path_factory.mktemp("models") / "red.onnx"
    weights = {"weights": np.array([1, 0, 0], np.float32).reshape(1, 3, 1, 1)}
    nodes = [helper.make_node("Conv", ["x", "weights"], ["y"])]
    return save_network(path, nodes, {"x": [1, 3, "h", "w"]}, {"y": [1, 1, "h", "w"]}, weights)


@pytest.fixture(scope="module")
def image():
    """A bright disc on a dark ground."""
    return np.where(DISC[..., None], [0.9, 0.8, 0.3], [0.05, 0.1, 0.4]).astype(np.float32)


@pytest.mark.parametrize(
    "hint",
    [
        DrawnTrimap(np.where(np.indices(SIZE)[1] < 64, np.uint8(255), np.uint8(128))),
        RoughMask(DISC),
        KnownAlpha(DISC),
        Box(28, 12, 72, 72),
        Scribbles(SCRIBBLES),
        NoHint(),
    ],
    ids=lambda hint: type(hint).__name__,
)
def test_every_hint_makes_an_exact_trimap_of_the_images_size(image, hint):
    trimap = hint.trimap(image)
    assert trimap.shape == SIZE
    assert trimap[48, 60] == 255
    assert set(np.unique(trimap)) <= {0, 128, 255}


def test_a_network_of_the_users_own_finds_the_subject(image, network):
    trimap = SalientObject(network, SETTINGS, EvenBand(4)).trimap(image)
    assert (trimap[48, [0, 34, 64, 94, 127]] == [0, 128, 255, 128, 0]).all()
    with pytest.raises(TrimapError, match=r"red\.onnx: finds nothing in this picture"):
        SalientObject(network, SETTINGS).trimap(np.full_like(image, 0.05))


def test_the_band_can_be_chosen_wherever_an_outline_is_found(image, network):
    def unknown(hint):
        return np.count_nonzero(hint.trimap(image) == 128)

    for make in (
        lambda band: RoughMask(DISC, band),
        lambda band: KnownAlpha(DISC, band),
        lambda band: Box(28, 12, 72, 72, band),
        lambda band: Scribbles(SCRIBBLES, band),
        lambda band: SalientObject(network, SETTINGS, band),
        NoHint,
    ):
        narrow, wide = (unknown(make(EvenBand(pixels))) for pixels in (4, 12))
        assert 2 < wide / narrow < 4


def test_an_alphas_faint_pixels_are_unknown_too():
    """To a mask, 2 % is background."""
    alpha = np.zeros(SIZE, np.float32)
    alpha[:, 64:] = 1
    alpha[:, 40:64] = 0.02
    image = np.zeros((*SIZE, 3), np.float32)
    row = KnownAlpha(alpha, EvenBand(0)).trimap(image)[40]
    assert (row == 128).nonzero()[0].tolist() == list(range(40, 64))
    assert RoughMask(alpha, EvenBand(0)).trimap(image)[40, 50] == 0


@pytest.mark.parametrize(
    ("picture", "message"),
    [
        (np.zeros(SIZE), "mask: its values are 0 to 0 of 255, all of it background"),
        (np.ones(SIZE), "mask: its values are 255 to 255 of 255, all of it foreground"),
        (np.full(SIZE, 0.04), "mask: its values are 10 to 10"),
    ],
)
def test_masks_that_mark_nothing_or_everything_are_refused(image, picture, message):
    with pytest.raises(TrimapError, match=message):
        RoughMask(picture).trimap(image)


def test_hints_tell_what_they_read(network):
    assert hint_pictures(DrawnTrimap("t.png")) == {"trimap": "t.png"}
    assert hint_pictures(KnownAlpha("a.png")) == {"alpha": "a.png"}
    assert hint_pictures(Scribbles("s.png")) == {"scribbles": "s.png"}
    assert hint_pictures(NoHint()) == hint_pictures(SalientObject(network, SETTINGS)) == {}


def test_bands_are_read():
    assert parse_band("20") == EvenBand(20)
    assert parse_band("2.5%") == EvenBand(3, 0.025)
    assert parse_band("soft") == SoftBand()


@pytest.mark.parametrize("text", ["", "-3", "nan", "1e9", "10 px", "hair", "%", "1.%"])
def test_what_is_no_band_is_refused(text):
    with pytest.raises(ValueError, match=r"band is .*; give pixels such as 20"):
        parse_band(text)


def test_a_mask_gets_a_band_of_three_pixels_at_least(image):
    """1 % of the diagonal of 96 x 64 is 1.2; where nothing is finer, that is all."""
    mask = np.zeros(SIZE, bool)
    mask[:, 64:] = True
    row = RoughMask(mask).trimap(image)[40]
    # Distances reach to the nearest pixel of the other kind: eroding by 3 takes three pixels.
    assert (row == 128).nonzero()[0].tolist() == list(range(61, 67))


def test_masks_are_taken_from_files(image):
    data = encode_image(np.ones((5, 7), np.float32))
    with pytest.raises(TrimapError, match="mask: is 7 x 5 pixels, but the image is 128 x 96"):
        RoughMask(data).trimap(image)
