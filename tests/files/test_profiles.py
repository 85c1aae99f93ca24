import io
import struct

import numpy as np
import pytest
from PIL import Image, ImageCms

from atnet.arrays import to_float
from atnet.files.images import ImageError, encode_image, read_image, read_photograph
from atnet.files.metadata import Metadata
from atnet.files.profiles import from_srgb, is_rgb, srgb_conversion, srgb_profile
from image_files import (
    COMMON,
    LINEAR_GREY_PROFILE,
    RGB_8,
    WIDE_PROFILE,
    cmyk_profile,
    deep_png_with,
    profile,
    saved,
)


def test_srgb_s_own_profile_is_the_same_every_time_and_needs_no_conversion():
    assert srgb_profile() == srgb_profile()
    assert srgb_conversion(srgb_profile(), "RGB", "x") is None
    name = ImageCms.getProfileName(io.BytesIO(srgb_profile())).strip()
    assert "sRGB" in name


def brightening(levels):
    """Grey whose tones are those of sRGB, moved up by levels of 255."""
    encoded = np.minimum(np.arange(256) + levels, 255) / 255
    linear = np.where(encoded <= 0.04045, encoded / 12.92, ((encoded + 0.055) / 1.055) ** 2.4)
    tones = np.rint(65535 * linear).astype(int).tolist()
    table = b"curv" + bytes(4) + struct.pack(">I256H", 256, *tones)
    return profile(b"GRAY", b"XYZ ", COMMON | {b"kTRC": table})


def test_a_profile_that_moves_no_value_by_more_than_one_needs_no_conversion():
    assert srgb_conversion(brightening(1), "L", "x") is None
    conversion = srgb_conversion(brightening(2), "L", "x")
    assert conversion is not None
    converted = conversion.apply(Image.fromarray(np.array([[100, 200]], np.uint8)))
    assert np.asarray(converted)[0, :, 0].tolist() == [102, 202]


def test_an_unusable_profile_is_ignored_with_a_warning():
    with pytest.warns(UserWarning, match="x: unusable colour profile ignored"):
        assert srgb_conversion(b"no profile at all", "RGB", "x") is None


@pytest.mark.parametrize("suffix", [".tif", ".webp", ".jpg"])
def test_colours_are_tagged_and_alpha_is_not(suffix):
    with Image.open(io.BytesIO(encode_image(RGB_8, suffix))) as file:
        assert file.info["icc_profile"] == srgb_profile()
    with Image.open(io.BytesIO(encode_image(RGB_8[..., 0], suffix))) as file:
        assert "icc_profile" not in file.info


@pytest.mark.parametrize("suffix", [".png", ".tif", ".webp"])
def test_a_profile_that_is_kept_shows_the_same_colours_again(suffix):
    """Values stay as they are, and the next reader converts them as this one would have."""
    data = saved(RGB_8, "PNG", icc_profile=WIDE_PROFILE)
    kept = read_photograph(data, keep_profile=True)
    assert np.array_equal(kept.pixels, RGB_8)
    assert kept.metadata.profile == WIDE_PROFILE
    again = encode_image(kept.pixels, suffix, metadata=kept.metadata)
    assert np.array_equal(read_image(again), read_image(data))


def test_what_needs_no_conversion_or_cannot_be_kept_is_srgb():
    plain = saved(RGB_8, "PNG", icc_profile=srgb_profile())
    grey = saved(RGB_8[..., 0], "PNG", icc_profile=LINEAR_GREY_PROFILE)
    inks = Image.fromarray(np.dstack([RGB_8, RGB_8[..., 0]]), "CMYK")
    for data in (plain, grey, saved(inks, "JPEG", icc_profile=cmyk_profile())):
        kept = read_photograph(data, keep_profile=True)
        assert kept.metadata.profile is None
        assert np.array_equal(to_float(kept.pixels), read_image(data))


def test_16_bits_keep_their_profile_quietly_if_that_is_asked_for():
    kept = read_photograph(deep_png_with(WIDE_PROFILE), keep_profile=True)
    assert kept.metadata.profile == WIDE_PROFILE
    with pytest.warns(UserWarning, match="16-bit values are kept"):
        assert read_photograph(deep_png_with(WIDE_PROFILE)).metadata == kept.metadata


def test_from_srgb_is_the_way_back():
    conversion = srgb_conversion(WIDE_PROFILE, "RGB", "x")
    assert conversion is not None
    there = from_srgb(RGB_8, WIDE_PROFILE)
    back = np.asarray(conversion.apply(Image.fromarray(there)), int)
    assert np.abs(back - RGB_8).mean() < 1  # sRGB's colours are all inside
    assert np.abs(back - RGB_8).max() < 9  # two steps of 8 bits, in the dark
    assert np.abs(there.astype(int) - RGB_8).max() > 20


def test_a_profile_without_a_way_back_is_refused():
    with pytest.raises(ImageError, match="cannot be converted to the photograph's colour profile"):
        from_srgb(RGB_8, cmyk_profile())


def test_profiles_of_colours_are_told_from_others():
    assert is_rgb(WIDE_PROFILE)
    assert is_rgb(srgb_profile())
    assert not is_rgb(LINEAR_GREY_PROFILE)
    assert not is_rgb(b"no profile at all")
    assert Metadata().profile is None
