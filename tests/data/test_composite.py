import math
import warnings
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from atnet.data.composite import (
    Composite,
    Written,
    adobe_composite,
    fit_background,
    write_composite,
)
from atnet.data.scenes import Scene
from atnet.files.images import ImageError
from image_files import RGB_8, WIDE_PROFILE, saved
from scene_files import save, soft_disc

RANDOM = np.random.default_rng(0)


def noise(height, width, channels=3):
    return RANDOM.integers(0, 256, (height, width, channels), dtype=np.uint8)


def unit(pixels):
    return pixels / np.float32(255)


def numbered(rows, columns):
    """Every pixel has its own grey."""
    grey = np.arange(rows * columns, dtype=np.uint8).reshape(rows, columns, 1)
    return unit(np.repeat(grey, 3, axis=2))


def greys(image):
    return np.round(image[..., 0] * 255).astype(int).tolist()


def scripts_composite(foreground, background, alpha):
    """The script's arithmetic, pixel by pixel in Python numbers: `int` cuts off."""
    out = background.copy()
    for y, x in np.ndindex(alpha.shape):
        share = int(alpha[y, x]) / 255
        for c in range(3):
            mixed = share * int(foreground[y, x, c]) + (1 - share) * int(background[y, x, c])
            out[y, x, c] = int(mixed)
    return out


def test_a_larger_background_is_cropped_at_the_top_left_and_not_scaled():
    assert greys(fit_background(numbered(3, 4), 2, 3)) == [[0, 1, 2], [4, 5, 6]]


def test_a_background_of_the_size_stays_as_it_is():
    background = numbered(2, 3) + np.float32(0.001)
    np.testing.assert_array_equal(fit_background(background, 2, 3), background)


@pytest.mark.parametrize(
    ("rows", "columns", "height", "width", "scaled"),
    [
        (2, 2, 3, 2, (3, 3)),  # by 3/2
        (2, 3, 3, 3, (3, 5)),  # by 3/2: 4.5 columns become 5
        (3, 2, 2, 5, (8, 5)),  # by 5/2: 7.5 rows become 8
        (5, 3, 5, 4, (7, 4)),  # by 4/3: 6.67 rows become 7
    ],
)
def test_a_smaller_background_is_scaled_by_the_larger_ratio_and_rounded_up(
    rows, columns, height, width, scaled
):
    background = noise(rows, columns)
    expected = Image.fromarray(background).resize(scaled[::-1], Image.Resampling.BICUBIC)
    fitted = fit_background(unit(background), height, width)
    assert fitted.shape == (height, width, 3)
    np.testing.assert_array_equal(fitted, unit(np.asarray(expected))[:height, :width])


def test_bicubic_is_the_one_with_a_of_minus_one_half():
    # Doubling: new centres lie 1/4 and 3/4 away from the old ones, at distances where the cubic
    # weighs 111 (1/4), 29 (3/4), -9 (5/4) and -3 (7/4) of 128.
    row = np.array([0, 0, 128, 128, 128, 128], np.float32) / 255
    background = np.broadcast_to(row[:, None], (6, 6, 3)).astype(np.float32)
    assert greys(fit_background(background, 12, 12))[5][3:7] == [29 - 3, 111 - 9, 128 + 9, 128 + 3]


def test_any_size_is_covered():
    for rows, columns in np.random.default_rng(1).integers(1, 60, (200, 2)).tolist():
        assert fit_background(unit(noise(rows, columns)), 47, 53).shape == (47, 53, 3)


def test_composites_are_weighted_means():
    foreground = unit(np.full((1, 3, 3), 200, np.uint8))
    background = unit(np.full((1, 3, 3), 100, np.uint8))
    alpha = np.array([[0, 0.25, 1]], np.float32)
    found = adobe_composite(foreground, background, alpha) * 255
    np.testing.assert_allclose(found[0, :, 0], [100, 125, 200], rtol=1e-6)


def test_foreground_and_alpha_of_two_sizes_are_refused():
    with pytest.raises(ValueError, match=r"foreground is \(2, 2\), alpha \(2, 3\)"):
        adobe_composite(numbered(2, 2), numbered(4, 4), np.zeros((2, 3), np.float32))


@pytest.fixture
def task(tmp_path):
    """Sources on disk, with a background that has to be scaled."""
    alpha = soft_disc((40, 50), 12)
    return Composite(
        foreground=save(tmp_path / "fg/cat.png", noise(40, 50)),
        alpha=save(tmp_path / "mask/cat.png", alpha),
        background=save(tmp_path / "bg/room.png", noise(30, 32)),
        target=tmp_path / "out/merged/cat_0.png",
    )


def pixels(path):
    return np.asarray(Image.open(path))


def changed(task, **fields):
    return Composite(**{**vars(task), **fields})


def test_a_composite_is_done_when_all_its_files_are_there(task, tmp_path):
    trimap = tmp_path / "out/trimaps/cat_0.png"
    both = changed(task, trimap=trimap)
    assert [task.is_done(), both.is_done()] == [False, False]
    save(trimap, noise(2, 2))
    assert [task.is_done(), both.is_done()] == [False, False]
    save(task.target, noise(2, 2))
    assert [task.is_done(), both.is_done()] == [True, True]
    trimap.unlink()
    assert [task.is_done(), both.is_done()] == [True, False]


def test_files_are_the_scripts_rounded_and_not_cut_off(task):
    assert write_composite(task) == Written(composite=True, trimap=False)
    scale = max(50 / 32, 40 / 30)
    size = math.ceil(32 * scale), math.ceil(30 * scale)
    scaled = Image.open(task.background).resize(size, Image.Resampling.BICUBIC)
    background = np.asarray(scaled.crop((0, 0, 50, 40)))
    expected = scripts_composite(pixels(task.foreground), background, pixels(task.alpha))
    difference = pixels(task.target).astype(int) - expected
    assert set(np.unique(difference)) == {0, 1}
    whole = np.isin(pixels(task.alpha), (0, 255))
    assert not difference[whole].any()


def test_existing_files_are_kept(task, tmp_path):
    save(task.target, noise(2, 2))
    before = task.target.read_bytes()
    assert not any(write_composite(task))
    both = changed(task, trimap=tmp_path / "trimap/cat_0.png", radii=(2, 3))
    assert write_composite(both) == Written(composite=False, trimap=True)
    assert not any(write_composite(both))
    assert task.target.read_bytes() == before


def test_trimaps_are_eroded_by_their_radii(task, tmp_path):
    trimap = tmp_path / "trimap/cat_0.png"
    alpha = np.zeros((1, 9), np.uint8)
    alpha[0, 4:] = 255
    save(task.foreground, noise(1, 9))
    save(task.alpha, alpha)
    write_composite(changed(task, trimap=trimap, radii=(1, 3)))
    assert pixels(trimap).tolist() == [[0, 128, 128, 128, 128, 255, 255, 255, 255]]


def test_original_trimaps_are_those_of_the_originals_test_run(task, tmp_path):
    trimap = tmp_path / "trimap/cat_0.png"
    write_composite(changed(task, trimap=trimap))
    scene = Scene("cat_0", task.target, alpha=task.alpha)
    np.testing.assert_array_equal(pixels(trimap), scene.read_trimap("original"))
    np.testing.assert_array_equal(pixels(trimap) == 255, pixels(task.alpha) == 255)


def test_colours_are_taken_as_stored(task):
    """Adobe's script minds neither transparency nor profiles; alpha would count twice."""
    alpha = soft_disc((5, 7), 2)
    cutout = Image.fromarray(np.dstack([RGB_8, alpha]))
    task.foreground.write_bytes(saved(np.asarray(cutout), "PNG", icc_profile=WIDE_PROFILE))
    save(task.alpha, np.full((5, 7), 255, np.uint8))
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        write_composite(task)
    np.testing.assert_array_equal(pixels(task.target), RGB_8)


def test_grey_pictures_become_colour(task):
    save(task.foreground, noise(40, 50, 1)[..., 0])
    save(task.background, noise(64, 64, 1)[..., 0])
    write_composite(task)
    assert pixels(task.target).shape == (40, 50, 3)


@pytest.mark.parametrize("role", ["foreground", "alpha", "background"])
def test_a_source_that_is_gone_is_named(task, role):
    source = getattr(task, role)
    source.unlink()
    with pytest.raises(ImageError, match=rf"{source.name}: cannot be read: No such file"):
        write_composite(task)


def test_a_target_that_cannot_be_written_is_named(task):
    task.target.mkdir(parents=True)
    with pytest.raises(OSError, match=r"cat_0\.png: exists and is not a file"):
        write_composite(task)


def test_a_damaged_source_is_named_and_leaves_nothing(task):
    task.background.write_bytes(task.background.read_bytes()[:500])
    with pytest.raises(ImageError, match=r"room\.png: is damaged"):
        write_composite(task)
    assert list(Path(task.target).parent.iterdir()) == []
