import io
import sys

import numpy as np
import OpenEXR
import pytest
import tifffile
from PIL import Image

from atnet.files.images import ImageError, read_grey, read_image, write_image
from atnet.jobs.outputs import Finish, Margin, Outputs
from atnet.jobs.photo import Job, demo_job, matte_photo, write_trimap
from atnet.machine import peak_memory, release_memory, reset_peak_memory
from atnet.matting.predictor import Matting
from atnet.parallel import map_unordered
from atnet.subjects.hints import Box, DrawnTrimap, NoHint, RoughMask
from atnet.trimaps import TrimapError
from image_files import WIDE_PROFILE, decoded

PLAIN = Finish()
ALL = ("alpha", "foreground", "cutout", "composite")


@pytest.fixture(scope="module")
def matting():
    return Matting()


@pytest.fixture
def photo(tmp_path):
    """A bright disc on a dark ground, soft at the rim, with its trimap and a rough mask."""
    rows, columns = np.indices((96, 128))
    alpha = np.clip((30 - np.hypot(rows - 48, columns - 64)) / 6 + 0.5, 0, 1)
    image = np.full((96, 128, 3), [0.05, 0.1, 0.4])
    image = alpha[..., None] * [0.9, 0.8, 0.3] + (1 - alpha[..., None]) * image
    write_image(tmp_path / "photo.png", image.astype(np.float32))
    trimap = np.select([alpha == 0, alpha == 1], [0.0, 1.0], 128 / 255)
    write_image(tmp_path / "trimap.png", trimap.astype(np.float32))
    write_image(tmp_path / "mask.png", (alpha > 0.5).astype(np.float32))
    return tmp_path


def job(folder, hint=None, background=(1.0, 1.0, 1.0), bits: int | None = 8, **outputs):
    """The job of the photograph; outputs are named by their files."""
    finish = outputs.pop("finish", PLAIN)
    return Job(
        folder / "photo.png",
        hint or DrawnTrimap(folder / "trimap.png"),
        Outputs(**{kind: folder / name for kind, name in outputs.items()}),
        background,
        bits,
        finish,
    )


def test_everything_that_can_be_written(photo, matting):
    names = {kind: f"out.{kind}.png" for kind in ("alpha", "foreground", "cutout", "composite")}
    done = matte_photo(job(photo, background=(0.0, 1.0, 0.0), bits=16, **names), matting)
    assert (done.width, done.height) == (128, 96)
    assert 0 < done.unknown < 0.2
    alpha = read_grey(photo / "out.alpha.png")
    assert alpha[48, 64] == 1
    assert alpha[0, 0] == 0
    np.testing.assert_array_equal(read_grey(photo / "out.cutout.png"), alpha)  # its alpha channel
    composite = read_image(photo / "out.composite.png")
    np.testing.assert_allclose(composite[0, 0], [0, 1, 0], atol=1e-4)
    np.testing.assert_allclose(composite[48, 64], [0.9, 0.8, 0.3], atol=0.01)
    foreground = read_image(photo / "out.foreground.png")
    np.testing.assert_allclose(foreground[48, 64], [0.9, 0.8, 0.3], atol=0.01)


def memory_of_a_cutout(folder):
    """Megabytes above what the loaded network takes."""
    matting = Matting(engine="onnxruntime", threads=1)
    trimap = np.zeros((256, 256), np.uint8)
    trimap[64:], trimap[128:] = 128, 255
    matting.alpha(np.zeros((256, 256, 3), np.uint8), trimap)  # what is loaded only then
    release_memory()
    reset_peak_memory()
    before = peak_memory()
    matte_photo(job(folder, cutout="cutout.png"), matting)
    return (peak_memory() or 0) - (before or 0)


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux measures again and again")
def test_a_large_photograph_takes_few_times_its_own_memory(tmp_path):
    """A cutout of 12 megapixels with little unknown once took 800 MB, now 280 to 320."""
    height, width = 3000, 4000
    image = np.zeros((height, width, 3), np.uint8)
    image[..., 0], image[..., 2] = np.arange(width) // 16, np.arange(height)[:, None] // 12
    trimap = np.zeros((height, width), np.uint8)
    trimap[1400:1500, 1900:2000], trimap[1500:1700, 1900:2000] = 128, 255
    Image.fromarray(image).save(tmp_path / "photo.png")
    Image.fromarray(trimap).save(tmp_path / "trimap.png")
    # In a process of its own: in this one, freed memory of other tests would serve, or not.
    (megabytes,) = map_unordered(memory_of_a_cutout, [tmp_path], workers=1, threads=1)
    assert megabytes < 400


def test_a_picture_as_background_covers_the_image(photo, matting):
    write_image(photo / "under.png", np.full((10, 10, 3), 0.25, np.float32))
    matte_photo(job(photo, background=photo / "under.png", composite="out.png"), matting)
    np.testing.assert_allclose(read_image(photo / "out.png")[0, 0], 0.25, atol=0.005)


@pytest.mark.parametrize("kind", ["mask", "box", "auto"])
def test_other_ways_to_say_where_the_subject_is(photo, matting, kind):
    hint = {"mask": RoughMask(photo / "mask.png"), "box": Box(28, 12, 72, 72), "auto": NoHint()}
    matte_photo(job(photo, hint[kind], alpha="out.png"), matting)
    truth = np.hypot(*(np.indices((96, 128)) - np.array([48, 64])[:, None, None])) < 30
    assert np.abs(read_grey(photo / "out.png") - truth).mean() < 0.03


@pytest.mark.parametrize(
    ("outputs", "error", "message"),
    [
        ({"alpha": "a.gif"}, ImageError, "cannot write files that end in '.gif'"),
        ({"cutout": "a.jpg"}, ImageError, "no alpha channel"),
        ({"alpha": "a.jpg", "bits": 16}, ImageError, "16 bits"),
        ({"alpha": "missing/a.png"}, OSError, "does not exist"),
        ({"alpha": "photo.png"}, ValueError, "alpha would replace the image"),
        ({"alpha": "sub/../trimap.png"}, ValueError, "alpha would replace the trimap"),
        ({"alpha": "good.png"}, ValueError, "alpha and foreground are one file"),
    ],
)
def test_bad_targets_are_refused_before_anything_is_written(
    photo, matting, outputs, error, message
):
    (photo / "sub").mkdir()
    before = {path: path.is_file() and path.read_bytes() for path in photo.iterdir()}
    with pytest.raises(error, match=message):
        matte_photo(job(photo, foreground="good.png", **outputs), matting)
    assert {path: path.is_file() and path.read_bytes() for path in photo.iterdir()} == before


def test_a_background_is_not_replaced_either(photo, matting):
    write_image(photo / "under.png", np.full((10, 10, 3), 0.25, np.float32))
    with pytest.raises(ValueError, match="composite would replace the background"):
        matte_photo(job(photo, background=photo / "under.png", composite="under.png"), matting)


def test_a_mask_of_another_size_is_refused(photo, matting):
    write_image(photo / "mask.png", np.ones((5, 7), np.float32))
    with pytest.raises(TrimapError, match="7 x 5 pixels, but the image is 128 x 96"):
        matte_photo(job(photo, RoughMask(photo / "mask.png"), alpha="a.png"), matting)


def test_trimaps_are_written_exactly_and_never_as_jpeg_or_over_their_inputs(photo):
    image, mask = photo / "photo.png", RoughMask(photo / "mask.png")
    write_trimap(image, mask, photo / "made.png")
    values = np.unique(np.round(read_grey(photo / "made.png") * 255))
    assert values.tolist() == [0, 128, 255]
    with pytest.raises(ImageError, match="JPEG would change"):
        write_trimap(image, mask, photo / "made.jpg")
    with pytest.raises(ValueError, match="trimap would replace the mask"):
        write_trimap(image, mask, photo / "mask.png")
    with pytest.raises(ValueError, match="trimap would replace the image"):
        write_trimap(image, mask, image)


def test_the_demo_mattes_the_bundled_photograph(tmp_path, matting):
    done = matte_photo(demo_job(tmp_path), matting)
    assert {path.name for path in tmp_path.iterdir()} == {
        "alpha.png", "composite.png", "cutout.png", "foreground.png", "sheet.png"
    }  # fmt: skip
    assert (done.height, done.width) == (440, 680)
    alpha = read_grey(tmp_path / "alpha.png")
    # The fur's rim is soft: neither the trimap's grey nor a hard mask.
    soft = (alpha > 0.05) & (alpha < 0.95)
    assert 0.01 < soft.mean() < 0.08


def test_open_files_serve_as_well_as_names(photo, matting):
    matte_photo(job(photo, alpha="file.png"), matting)
    target = io.BytesIO()
    with (photo / "photo.png").open("rb") as image, (photo / "trimap.png").open("rb") as trimap:
        matte_photo(Job(image, DrawnTrimap(trimap), Outputs(alpha=target)), matting)
    assert target.getvalue() == (photo / "file.png").read_bytes()


def test_nothing_is_written_where_one_file_cannot_be(photo, matting, monkeypatch):
    """The disk is full when the second file is synced."""
    calls = []

    def full_disk(_):
        calls.append(1)
        if len(calls) == 2:
            raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.fsync", full_disk)
    before = sorted(photo.iterdir())
    with pytest.raises(OSError, match="No space left"):
        matte_photo(job(photo, alpha="a.png", cutout="c.png"), matting)
    assert sorted(photo.iterdir()) == before


def test_all_are_cropped_alike_and_it_is_told_where(photo, matting):
    names = {kind: f"{kind}.png" for kind in ALL}
    matte_photo(job(photo, bits=16, **names), matting)
    whole = {kind: decoded((photo / name).read_bytes(), 16) for kind, name in names.items()}
    finish = Finish(crop=Margin(4))
    done = matte_photo(job(photo, bits=16, finish=finish, sheet="sheet.png", **names), matting)
    assert done.crop is not None
    left, top, width, height = done.crop
    assert (left, top) == pytest.approx((64 - 33 - 4, 48 - 33 - 4), abs=2)  # disc and soft rim
    box = np.s_[top : top + height, left : left + width]
    for kind, name in names.items():
        cropped = decoded((photo / name).read_bytes(), 16)
        np.testing.assert_array_equal(cropped, whole[kind][box])


@pytest.mark.parametrize(("suffix", "bits"), [(".png", 16), (".tif", 16)])
def test_straight_and_premultiplied(photo, matting, suffix, bits):
    pictures = {}
    for way in (False, True):
        finish = Finish(premultiplied=way)
        matte_photo(job(photo, bits=bits, finish=finish, cutout=f"{way}{suffix}"), matting)
        pictures[way] = tifffile_or_png(photo / f"{way}{suffix}") / 65535
    alpha = pictures[True][..., 3:]
    np.testing.assert_array_equal(pictures[False][..., 3:], alpha)
    expected = pictures[False][..., :3] * alpha
    np.testing.assert_allclose(pictures[True][..., :3], expected, atol=2 / 65535)
    assert not pictures[True][0, 0].any()
    if suffix == ".tif":  # which alone can say it, so that it is read back straight
        straight, multiplied = (read_quietly(photo / f"{way}.tif") for way in (False, True))
        np.testing.assert_allclose(straight, multiplied, atol=1e-4)


def tifffile_or_png(path):
    return tifffile.imread(path) if path.suffix == ".tif" else decoded(path.read_bytes(), 16)


def read_quietly(path):
    with pytest.warns(UserWarning, match="put on white"):
        return read_image(path)


@pytest.mark.parametrize("finish", [PLAIN, Finish(premultiplied=True)], ids=["straight", "pre"])
@pytest.mark.parametrize("name", ["c.png", "c.tif", "c.webp", "c.exr"])
def test_no_hidden_background_is_in_a_cutout(photo, matting, name, finish):
    """A pattern of black and white lies where alpha is 0."""
    image = read_image(photo / "photo.png")
    pattern = np.indices((16, 16)).sum(axis=0) % 2 * 2.0 - 1
    image[:16, :16] = (0.5 + pattern / 2)[..., None]
    write_image(photo / "photo.png", image)
    matte_photo(job(photo, bits=None, finish=finish, cutout=name), matting)
    corner = rgba(photo / name)[:16, :16]
    assert not corner[..., 3].any()
    seen = abs((corner[..., :3] * pattern[..., None]).mean(axis=(0, 1)))  # 0.5 in the photograph
    np.testing.assert_array_less(seen, 0.004)


def rgba(path):
    if path.suffix == ".exr":
        channels = OpenEXR.File(str(path)).channels()
        return channels["RGBA"].pixels.astype(float)
    picture = tifffile.imread(path) if path.suffix == ".tif" else Image.open(path)
    return np.asarray(picture) / 255


def test_a_turned_photograph_is_written_upright_once_and_keeps_what_is_asked_for(photo, matting):
    pixels = np.round(read_image(photo / "photo.png") * 255).astype(np.uint8)
    exif = Image.Exif()
    exif[0x0112], exif[33432] = 6, "me"
    stored = Image.fromarray(np.rot90(pixels).copy())
    stored.save(photo / "photo.png", exif=exif, dpi=(300, 300))
    for keep in (False, True):
        matte_photo(job(photo, finish=Finish(keep_exif=keep), composite="c.png"), matting)
        with Image.open(photo / "c.png") as file:
            assert file.size == (128, 96)
            assert file.info["dpi"] == pytest.approx((300, 300), abs=0.01)
            assert dict(file.getexif()) == ({33432: "me"} if keep else {})
    write_image(photo / "trimap.png", np.rot90(read_grey(photo / "trimap.png")))
    with pytest.warns(UserWarning, match="only its stored pixels have this size"):
        matte_photo(job(photo, alpha="turned.png"), matting)
    assert read_grey(photo / "turned.png").shape == (96, 128)


def test_colours_become_srgb_or_stay_with_their_profile(photo, matting):
    pixels = np.round(read_image(photo / "photo.png") * 255).astype(np.uint8)
    Image.fromarray(pixels).save(photo / "photo.png", icc_profile=WIDE_PROFILE)
    for keep in (False, True):
        finish = Finish(keep_profile=keep)
        matte_photo(job(photo, bits=16, finish=finish, foreground=f"{keep}.tif"), matting)
    with Image.open(photo / "True.tif") as file:
        assert file.info["icc_profile"] == WIDE_PROFILE
    kept = tifffile.imread(photo / "True.tif")[48, 64] / 65535
    converted = tifffile.imread(photo / "False.tif")[48, 64] / 65535
    np.testing.assert_allclose(kept, [0.9, 0.8, 0.3], atol=0.01)
    np.testing.assert_allclose(converted, read_image(photo / "photo.png")[48, 64], atol=0.01)
    with pytest.raises(ImageError, match=r"c\.exr: OpenEXR has no colour profiles"):
        matte_photo(job(photo, bits=None, finish=finish, cutout="c.exr"), matting)
