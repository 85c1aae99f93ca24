import threading

import numpy as np
import pytest
from PIL import Image

from atnet.arrays import resized, resized_finely
from atnet.files.images import write_image
from atnet.matting.colour_lines import refine
from atnet.matting.predictor import Matting
from atnet.matting.presets import PRESETS
from atnet.matting.quality import VIEWS
from atnet.tiling import Tiling
from atnet.trimaps import TrimapError, clamp, smaller_trimap


@pytest.fixture(scope="module")
def matting():
    return Matting()


def scene(height, width, seed=0):
    """Noise with a soft vertical edge; the trimap's three bands stand upright."""
    rng = np.random.default_rng(seed)
    image = rng.integers(0, 256, (height, width, 3), dtype=np.uint8)
    trimap = np.full((height, width), 128, np.uint8)
    trimap[:, : width // 3] = 0
    trimap[:, width - width // 3 :] = 255
    return image, trimap


ROUNDED = {"atnet-vgg16": (2e-4, 5e-3), "atnet-lite": (5e-4, 1.5e-2)}
"""By how much weights stored as float16 move alpha, mean and most; more where layers are thin."""


@pytest.mark.parametrize("preset", PRESETS)
def test_the_shipped_files_give_the_golden_values(golden_folder, preset):
    """As they are: by their names, some run with fewer multiplications."""
    with np.load(golden_folder / f"{preset}.npz") as golden:
        image, levels, expected = (golden[name] for name in ("image", "trimap", "alpha"))
    trimap = np.array([0, 128, 255], np.uint8)[(2 * levels[0, ..., 0]).astype(int)]
    alpha = Matting(PRESETS[preset].path, quality="fast").alpha(image[0], trimap)
    difference = np.abs(alpha - expected[0, ..., 0])[trimap == 128]
    mean, most = ROUNDED[preset]
    assert difference.mean() <= mean
    assert difference.max() <= most


def test_the_standard_is_the_networks_alpha_refined(matting):
    image, trimap = scene(60, 80)
    prior = Matting(refine="none").alpha(image, trimap)
    np.testing.assert_array_equal(prior, Matting(quality="fast").alpha(image, trimap))
    expected = refine(image, prior, trimap == 128, Tiling(2**20))
    np.testing.assert_array_equal(matting.alpha(image, trimap), expected)


def test_the_best_is_a_mean_over_views():
    """Turning the picture exchanges views that are averaged anyway, but for the larger one."""
    image, trimap = scene(64, 96)
    best = Matting(quality="best", refine="none")
    alpha = best.alpha(image, trimap)
    mirrored = best.alpha(image[:, ::-1], trimap[:, ::-1])[:, ::-1]
    single = Matting(quality="fast").alpha(image, trimap)
    assert np.abs(alpha - mirrored).mean() < np.abs(alpha - single).mean()


def test_a_large_soft_picture_is_seen_smaller():
    """And its alpha is that of the smaller picture, enlarged; known pixels are exact."""
    large = resized(scene(25, 40)[0], 800, 1280)
    trimap = np.zeros((800, 1280), np.uint8)
    trimap[300:500, 200:800], trimap[500:] = 128, 255
    fast = Matting(quality="fast")
    half = fast.alpha(resized_finely(large, 400, 640), smaller_trimap(trimap, 400, 640))
    alpha = fast.alpha(large, trimap)
    np.testing.assert_array_equal(alpha, clamp(resized(half, 800, 1280), trimap))
    # It is refined at 0.707 of its size, a step above that.
    finer = smaller_trimap(trimap, 566, 905)
    prior = clamp(resized(half, 566, 905), finer)
    refined = refine(resized_finely(large, 566, 905), prior, finer == 128, Tiling(2**20))
    expected = clamp(resized(refined, 800, 1280), trimap)
    assert np.abs(expected - alpha).max() > 0.01
    # Tiles of another shape round the search differently.
    np.testing.assert_allclose(Matting().alpha(large, trimap), expected, rtol=0, atol=1e-6)


@pytest.mark.parametrize("size", [(1, 3), (3, 1), (2, 2), (31, 33), (32, 32), (65, 40), (7, 200)])
def test_any_size_gives_alpha_of_that_size(matting, size):
    image, trimap = scene(*size)
    trimap.flat[0], trimap.flat[-1] = 0, 128
    alpha = matting.alpha(image, trimap)
    assert alpha.shape == size
    assert alpha.dtype == np.float32
    assert alpha.min() >= 0
    assert alpha.max() <= 1


@pytest.mark.parametrize("value", [0, 128, 255])
def test_a_single_pixel(matting, value):
    alpha = matting.alpha(np.full((1, 1, 3), 200, np.uint8), np.full((1, 1), value, np.uint8))
    assert alpha.shape == (1, 1)
    if value != 128:
        assert alpha[0, 0] == value / 255


@pytest.mark.parametrize("quality", VIEWS)
def test_known_pixels_are_exact(quality):
    image, trimap = scene(50, 70)
    alpha = Matting(quality=quality).alpha(image, trimap)
    assert (alpha[trimap == 0] == 0).all()
    assert (alpha[trimap == 255] == 1).all()


def test_without_unknown_pixels_alpha_is_the_trimap(matting):
    trimap = np.zeros((40, 40), np.uint8)
    trimap[10:20] = 255
    np.testing.assert_array_equal(
        matting.alpha(np.zeros((40, 40, 3), np.uint8), trimap), trimap / 255
    )


def test_float_and_8_bit_images_agree(matting):
    image, trimap = scene(40, 60)
    np.testing.assert_allclose(
        matting.alpha(image.astype(np.float64) / 255, trimap),
        matting.alpha(image, trimap),
        atol=1e-5,
    )


def test_inputs_stay_as_they_were_and_may_be_views(matting):
    image, trimap = scene(80, 120)
    flipped_image, flipped_trimap = image[::-1, ::-1], trimap[::-1, ::-1]
    flipped_image.flags.writeable = flipped_trimap.flags.writeable = False
    copies = flipped_image.copy(), flipped_trimap.copy()
    np.testing.assert_array_equal(
        matting.alpha(flipped_image, flipped_trimap), matting.alpha(*copies)
    )


def test_threads_share_one_model(matting):
    scenes = [scene(48, 64, seed) for seed in range(4)]
    expected = [matting.alpha(*one) for one in scenes]
    results = [None] * len(scenes)

    def work(index):
        results[index] = matting.alpha(*scenes[index])

    threads = [threading.Thread(target=work, args=(index,)) for index in range(len(scenes))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for result, one in zip(results, expected, strict=True):
        np.testing.assert_array_equal(result, one)


def test_tiles_agree_with_one_pass():
    """A soft edge across 900 px: a tile in the wrong place would show as a large error.

    The channel gates average over what the network sees, so tiles move alpha a little: by 0.0002
    to 0.01 in the mean on photographs, with the score going either way.
    """
    rows, columns = np.indices((600, 900))
    alpha = np.clip((rows - 300 + 40 * np.sin(columns / 60)) / 24 + 0.5, 0, 1)[..., None]
    rng = np.random.default_rng(0)
    image = alpha * [0.9, 0.7, 0.5] + (1 - alpha) * [0.1, 0.2, 0.4]
    image = np.clip(image + rng.normal(0, 0.01, image.shape), 0, 1).astype(np.float32)
    trimap = np.full((600, 900), 128, np.uint8)
    trimap[:220], trimap[380:] = 0, 255
    large, small = Matting(quality="fast"), Matting(quality="fast", max_memory="190MB")
    assert len(Tiling(190 * 10**6 // 1272, context=64).plan(trimap == 128)) > 1
    whole, tiled = large.alpha(image, trimap), small.alpha(image, trimap)
    unknown = trimap == 128
    assert np.abs(whole - tiled)[unknown].mean() < 0.01
    errors = [np.abs(one - alpha[..., 0])[unknown].mean() for one in (whole, tiled)]
    assert errors[1] < errors[0] + 0.005


@pytest.mark.parametrize(
    ("image", "message"),
    [
        (np.zeros((4, 4), np.uint8), r"image has the shape \(4, 4\); give"),
        (np.zeros((4, 4, 4), np.uint8), r"image has the shape \(4, 4, 4\)"),
        (np.zeros((0, 4, 3), np.uint8), "at least one pixel"),
        (np.zeros((4, 4, 3), np.int32), "image is int32; give uint8"),
        (np.full((4, 4, 3), 200.0), "spans 200 to 200.*divide by 255"),
        (np.full((4, 4, 3), np.nan), "spans nan"),
        ("photo.png", r"photo\.png: cannot be read"),
    ],
)
def test_wrong_images_are_refused(matting, image, message):
    with pytest.raises(ValueError, match=message):
        matting.alpha(image, np.full((4, 4), 128, np.uint8))


@pytest.mark.parametrize(
    "trimap",
    [
        np.full((5, 4), 128, np.uint8),
        np.full((4, 4), 0, np.uint8),
        np.full((4, 4), 127, np.uint8),
        np.full((4, 4), 0.5),
    ],
    ids=["size", "all background", "127", "float"],
)
def test_trimaps_that_cannot_be_meant_are_refused(matting, trimap):
    with pytest.raises(TrimapError):
        matting.alpha(np.zeros((4, 4, 3), np.uint8), trimap)


def test_too_little_memory_is_refused_with_the_least_that_works():
    with pytest.raises(ValueError, match="smallest tile needs 188MB"):
        Matting(max_memory="100MB")
    Matting(max_memory="188MB")


def test_image_and_trimap_are_taken_in_any_form(matting, tmp_path):
    image, trimap = scene(40, 50)
    expected = matting.alpha(image, trimap)
    deep = image.astype(np.uint16) * 257
    for form in (image / np.float32(255), image / 255, deep, Image.fromarray(image)):
        np.testing.assert_allclose(matting.alpha(form, trimap), expected, atol=1e-5)
    write_image(tmp_path / "image.png", image)
    write_image(tmp_path / "trimap.png", np.where(trimap == 128, np.uint8(127), trimap))
    with (tmp_path / "image.png").open("rb") as file, pytest.warns(UserWarning, match="not 0, 128"):
        alpha = matting.alpha(file, tmp_path / "trimap.png")
    np.testing.assert_array_equal(alpha, expected)


def drawing(height=320, width=480):
    """A soft diagonal edge in mild noise, and a trimap with a wide band around it."""
    rows, columns = np.indices((height, width))
    distance = rows - height / 2 + (columns - width / 2) / 4
    alpha = np.clip(distance / 16 + 0.5, 0, 1)[..., None]
    image = alpha * [0.9, 0.7, 0.5] + (1 - alpha) * [0.1, 0.2, 0.4]
    image += np.random.default_rng(0).normal(0, 0.02, image.shape)
    trimap = np.select([distance < -60, distance > 60], [0, 255], 128).astype(np.uint8)
    return image.clip(0, 1).astype(np.float32), trimap


@pytest.mark.parametrize("quality", ["fast", "standard"])
def test_an_unchanged_trimap_costs_nothing(quality):
    """Nothing is computed: nothing tells of progress, and what comes back is the same object."""
    image, trimap = drawing(200, 100)
    matting = Matting(quality=quality)
    before = matting.estimate(image, trimap)
    np.testing.assert_array_equal(before.alpha, matting.alpha(image, trimap))
    told = []
    after = matting.update(image, trimap.copy(), before, lambda *counts: told.append(counts))
    assert after is before
    assert told == []


@pytest.mark.parametrize("quality", ["fast", "standard"])
def test_a_change_moves_alpha_near_it_and_nowhere_else(quality):
    image, trimap = drawing()
    matting = Matting(quality=quality)
    before = matting.estimate(image, trimap)
    changed = trimap.copy()
    changed[224:236, 80:110] = 255  # a stroke in the band
    assert (trimap[224:236, 80:110] == 128).all()
    told = []
    after = matting.update(image, changed, before, lambda *counts: told.append(counts))
    rows, columns = np.indices(trimap.shape)
    far = np.hypot(np.clip(abs(rows - 229.5) - 5.5, 0, None),
                   np.clip(abs(columns - 94.5) - 14.5, 0, None)) >= 32  # fmt: skip
    np.testing.assert_array_equal(after.alpha[far], before.alpha[far])
    assert (after.alpha[224:236, 80:110] == 1).all()
    assert (after.alpha[changed == 0] == 0).all()
    assert (after.alpha[changed == 255] == 1).all()
    # Not quite as all anew, but most of the way there from what was before.
    whole = matting.alpha(image, changed)
    near = ~far & (changed == 128)
    errors = [np.abs(one.alpha - whole)[near].mean() for one in (after, before)]
    assert errors[0] < 0.03
    assert errors[0] < errors[1] / 3
    assert told[-1][0] == told[-1][1]


def test_a_known_part_that_becomes_unknown_is_found():
    image, trimap = drawing()
    hidden = trimap.copy()
    hidden[:, 200:260] = np.where(trimap[:, 200:260] == 128, 255, trimap[:, 200:260])
    matting = Matting(quality="fast")
    after = matting.update(image, trimap, matting.estimate(image, hidden)).alpha
    whole = matting.alpha(image, trimap)
    again = (trimap == 128) & (hidden != 128)
    assert np.abs(after - whole)[again].mean() < 0.02
    assert np.abs(1 - whole)[again].mean() > 0.2  # it was wrong before


def test_a_change_of_nearly_everything_is_computed_all_anew():
    image, trimap = drawing(480, 200)
    matting = Matting(quality="fast")
    before = matting.estimate(image, trimap)
    changed = np.where(trimap == 255, 128, trimap).astype(np.uint8)
    np.testing.assert_array_equal(
        matting.update(image, changed, before).alpha, matting.alpha(image, changed)
    )


def test_a_trimap_of_another_size_cannot_be_gone_on_from(matting):
    image, trimap = drawing(200, 100)
    before = matting.estimate(image[:160], trimap[:160])
    with pytest.raises(TrimapError, match="100 x 160"):
        matting.update(image, trimap, before)


def test_what_progress_raises_ends_the_work_between_tiles():
    image, trimap = drawing(600, 900)
    told = []

    def stop(done, _):
        told.append(done)
        if done == 1:
            raise InterruptedError

    with pytest.raises(InterruptedError):
        Matting(quality="fast", max_memory="190MB").alpha(image, trimap, stop)
    assert told == [0, 1]


def test_another_quality_shares_the_model(matting):
    image, trimap = scene(60, 80)
    fast = matting.at_quality("fast")
    assert fast._network is matting._network
    np.testing.assert_array_equal(
        fast.alpha(image, trimap), Matting(quality="fast").alpha(image, trimap)
    )
    with pytest.raises(ValueError, match="quality is 'bets'"):
        matting.at_quality("bets")
