from pathlib import Path

import numpy as np
import pytest

from atnet.files.images import ImageError, encode_image, read_image
from atnet.files.storage import StoragePath
from atnet.foreground import composite
from atnet.jobs.background import Blur, behind, parse_background
from atnet.matting.result import Result
from image_files import WIDE_PROFILE, saved

ALPHA = np.zeros((60, 80), np.float32)
ALPHA[20:40, 30:50] = 1


def result(background):
    """A white object before a background."""
    return Result(np.where(ALPHA[..., None] > 0, np.float32(1), background), ALPHA)


def laid_over(matted, background, profile=None):
    under = behind(background, matted.image, matted.alpha, profile)
    return composite(matted.foreground, under, matted.alpha)


def test_a_colour_or_blur_goes_before_a_folder_or_file_of_its_name(tmp_path, monkeypatch):
    """A folder named `white` once broke the default background."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "white").mkdir()
    (tmp_path / "red").write_bytes(b"x")
    assert parse_background("white") == (1, 1, 1)
    assert parse_background("red") == (1, 0, 0)
    assert parse_background("./red") == Path("red")
    assert parse_background("blur") == Blur()
    assert parse_background("blur:7.5") == Blur(7.5)
    for name in ("no-such-colour", "./white", "#12"):
        with pytest.raises(ImageError, match="neither a file nor a colour"):
            parse_background(name)


@pytest.mark.parametrize("text", ["blur:x", "blur:0", "blur:-3", "blur:nan", "blur:1e9"])
def test_what_is_no_blur(text):
    with pytest.raises(ImageError, match="is no blur: give blur, or blur:20"):
        parse_background(text)


def test_its_own_background_out_of_focus_has_no_halo():
    """The object is white before black: a plain blur would shine all around it."""
    seen = laid_over(result(np.zeros((60, 80, 3), np.float32)), Blur(10))
    np.testing.assert_array_equal(seen[ALPHA == 0], 0)
    np.testing.assert_allclose(seen[ALPHA == 1], 1, atol=1e-6)


def test_the_blur_smooths_and_its_radius_counts():
    checks = ((np.indices((60, 80)).sum(axis=0) // 4) % 2)[..., None] * np.ones(3, np.float32)
    outside = np.s_[:10, :]
    spread = [laid_over(result(checks), Blur(radius))[outside].std() for radius in (2, 4, 16)]
    assert checks[outside].std() > spread[0] > spread[1] > spread[2]
    by_default = laid_over(result(checks), Blur())
    np.testing.assert_array_equal(by_default, laid_over(result(checks), Blur(2.0)))  # 2 % of 100


def test_a_colour_is_seen_the_same_in_a_photograph_of_other_colours():
    photograph = result(np.zeros((60, 80, 3), np.float32))
    seen = laid_over(photograph, (0.2, 0.6, 0.4), WIDE_PROFILE)
    data = saved(np.round(seen * 255).astype(np.uint8), "PNG", icc_profile=WIDE_PROFILE)
    np.testing.assert_allclose(read_image(data)[0, 0], [0.2, 0.6, 0.4], atol=0.01)
    assert abs(seen[0, 0] - [0.2, 0.6, 0.4]).max() > 0.05


def test_a_picture_of_a_storage():
    wall = StoragePath("memory://walls/wall.png")
    wall.write_bytes(encode_image(np.full((6, 8, 3), 0.25, np.float32)))
    assert parse_background("memory://walls/wall.png") == wall
    over = laid_over(result(np.zeros(3, np.float32)), wall)
    np.testing.assert_allclose(over[0, 0], 64 / 255, atol=1e-6)  # rounded to 8 bits
    with pytest.raises(ImageError, match="is neither a file nor a colour"):
        parse_background("memory://walls/none.png")
