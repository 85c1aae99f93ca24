import cv2
import numpy as np
import pytest

from atnet.subjects.grabcut import trimap_from_box, trimap_from_subject
from atnet.trimaps import TrimapError, check_trimap, unknown_region


def disc(height, width, centre, radius):
    rows, columns = np.ogrid[:height, :width]
    return (rows - centre[0]) ** 2 + (columns - centre[1]) ** 2 <= radius**2


CENTRE, RADIUS = (110, 170), 60


@pytest.fixture(scope="module")
def scene():
    """An orange disc before a textured blue-green background."""
    generator = np.random.default_rng(0)
    texture = cv2.GaussianBlur(generator.random((240, 320, 3), np.float32), (0, 0), 3)
    image = np.array([0.1, 0.4, 0.5], np.float32) + (texture - 0.5)
    inside = disc(240, 320, CENTRE, RADIUS)
    image[inside] = np.array([0.9, 0.5, 0.1], np.float32) + 0.5 * (texture[inside] - 0.5)
    return np.clip(image, 0, 1).astype(np.float32)


def from_box(image):
    return trimap_from_box(image, (95, 35, 150, 150))


@pytest.mark.parametrize("make", [from_box, trimap_from_subject])
def test_grab_cut_finds_a_disc(scene, make):
    trimap = make(scene)
    check_trimap(trimap, scene.shape)
    inside = disc(240, 320, CENTRE, RADIUS)
    core = disc(240, 320, CENTRE, RADIUS - 6)
    foreground = trimap == 255
    assert not (foreground & ~inside).any()
    assert (foreground & core).sum() / (foreground | core).sum() > 0.9
    outline = cv2.morphologyEx(inside.astype(np.uint8), cv2.MORPH_GRADIENT, np.ones((3, 3))) > 0
    assert unknown_region(trimap)[outline].all()
    assert (trimap[~disc(240, 320, CENTRE, RADIUS + 9)] == 0).all()


@pytest.mark.parametrize("make", [from_box, trimap_from_subject])
def test_grab_cut_is_deterministic_and_takes_8_bits(scene, make):
    pixels = np.round(scene * 255).astype(np.uint8)
    first = make(pixels)
    cv2.setRNGSeed(99)
    assert np.array_equal(first, make(pixels))
    assert np.array_equal(first, make(pixels / np.float32(255)))


def test_a_large_image_is_worked_on_in_small_and_scaled_back(scene):
    large = cv2.resize(scene, (1280, 960), interpolation=cv2.INTER_LINEAR)
    trimap = trimap_from_box(large, (380, 140, 600, 600))
    centre = (4 * CENTRE[0], 4 * CENTRE[1])
    assert trimap.shape == (960, 1280)
    assert (trimap[disc(960, 1280, centre, 4 * RADIUS - 30)] == 255).all()
    assert (trimap[~disc(960, 1280, centre, 4 * RADIUS + 30)] == 0).all()
    angles = np.linspace(0, 2 * np.pi, 200)
    rows = np.round(centre[0] + 4 * RADIUS * np.sin(angles)).astype(int)
    columns = np.round(centre[1] + 4 * RADIUS * np.cos(angles)).astype(int)
    assert (trimap[rows, columns] == 128).all()


def test_a_box_reaching_out_of_the_image_is_clipped(scene):
    cut = scene[:, 150:]  # the disc leaves through the left edge
    trimap = trimap_from_box(cut, (-50, 35, 145, 150))
    assert np.array_equal(trimap, trimap_from_box(cut, (0, 35, 95, 150)))
    assert trimap[CENTRE[0], 0] == 255


def test_a_subject_may_be_cut_by_the_lower_edge(scene):
    trimap = trimap_from_subject(scene[: CENTRE[0] + 10])
    assert trimap[-1, CENTRE[1]] == 255


@pytest.mark.parametrize(
    ("box", "message"),
    [
        ((400, 10, 50, 50), "x 400, y 10, 50 x 50 in an image of 320 x 240: at least 3 x 3"),
        ((-40, 10, 42, 50), "at least 3 x 3"),
        ((10, 10, 0, 50), "at least 3 x 3"),
        ((10, 10, -5, 50), "at least 3 x 3"),
        ((0, 0, 320, 240), "leave background"),
        ((-5, -5, 500, 500), "leave background"),
    ],
)
def test_impossible_boxes_are_refused(scene, box, message):
    with pytest.raises(TrimapError, match=message):
        trimap_from_box(scene, box)


@pytest.mark.parametrize("size", [(2, 2), (8, 8), (1, 100), (200, 300)])
def test_an_image_without_a_subject_is_refused_with_advice(size):
    with pytest.raises(TrimapError, match="draw a trimap"):
        trimap_from_subject(np.full((*size, 3), 0.5, np.float32))


@pytest.mark.parametrize("shape", [(20, 30), (20, 30, 4), (0, 30, 3)])
def test_only_rgb_images_are_taken(shape):
    with pytest.raises(ValueError, match=r"\(H, W, 3\) in RGB"):
        trimap_from_subject(np.zeros(shape, np.float32))
