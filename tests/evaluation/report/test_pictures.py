import base64
import io

import numpy as np
import pytest
from PIL import Image

from atnet.data.scenes import Scene
from atnet.evaluation.report.pictures import (
    draw_error,
    picture_methods,
    picture_scene,
    worst_regions,
)
from atnet.evaluation.trial import PREDICTIONS, Trial
from scene_files import disc_scene, save


def decoded(uri):
    head, data = uri.split(",")
    assert head == "data:image/webp;base64"
    return np.asarray(Image.open(io.BytesIO(base64.b64decode(data))).convert("RGB"))


def literal_worst(error, side):
    """The first largest window by trying them all."""
    height, width = error.shape
    sums = {
        (top, left): error[top : top + side, left : left + side].sum()
        for top in range(height - side + 1)
        for left in range(width - side + 1)
    }
    return max(sums, key=lambda at: sums[at])


def test_the_worst_region_has_the_largest_sum_of_errors():
    error = np.random.default_rng(0).random((20, 30)).astype(np.float32) ** 8
    (region,) = worst_regions(error, side=5, count=1)
    assert (region.rows.start, region.columns.start) == literal_worst(error, 5)
    assert (region.rows.stop, region.columns.stop) == tuple(x + 5 for x in literal_worst(error, 5))


def test_regions_do_not_overlap_and_small_errors_get_none():
    error = np.zeros((10, 30), np.float32)
    error[5, 2], error[5, 4], error[5, 20], error[5, 28] = 1, 0.9, 0.6, 0.4
    regions = worst_regions(error, side=6, count=3)
    assert [region.columns.start for region in regions] == sorted(
        region.columns.start for region in regions
    )
    covered = np.zeros(error.shape, int)
    for region in regions:
        covered[region] += 1
    assert covered.max() == 1
    assert len(regions) == 2  # 0.4 is less than a quarter of 1.9
    assert worst_regions(np.zeros((4, 4), np.float32)) == []


def test_images_smaller_than_a_region_are_a_region():
    (region,) = worst_regions(np.ones((3, 200), np.float32), side=128, count=1)
    assert (region.rows, region.columns) == (slice(0, 3), slice(0, 128))


def test_errors_are_orange_where_too_opaque_and_blue_where_too_transparent():
    drawn = draw_error(np.array([[0.25, -0.25, 0, 0]], np.float32), np.array([[1, 1, 1, 0]], bool))
    opaque, transparent, right, known = drawn[0]
    assert opaque[0] > opaque[2] + 0.3
    assert transparent[2] > transparent[0] + 0.3
    assert np.ptp(right) == np.ptp(known) == 0
    assert right[0] > known[0]


@pytest.fixture
def scene(tmp_path):
    image, trimap, alpha = disc_scene((300, 600), 100)
    prediction = alpha.copy()
    prediction[50:60, 300:310] = 128
    maps = {"image": image, "trimap": trimap, "alpha": alpha, "prediction": prediction}
    paths = {role: save(tmp_path / f"{role}.png", pixels) for role, pixels in maps.items()}
    return Scene("disc", **paths)


def test_overviews_are_reduced_and_zooms_are_the_very_pixels(scene):
    pictures = picture_scene(scene, Trial(PREDICTIONS))
    assert list(pictures.overview) == ["image", "trimap", "prediction", "truth", "error"]
    assert {decoded(uri).shape for uri in pictures.overview.values()} == {(240, 480, 3)}
    ((left, top, width, height), maps), *_ = pictures.zooms
    assert (width, height) == pytest.approx((128 / 600, 128 / 300))
    assert left <= 300 / 600 <= left + width
    rows, columns = round(top * 300), round(left * 600)
    _, _, alpha = disc_scene((300, 600), 100)
    expected = alpha[rows : rows + 128, columns : columns + 128]
    np.testing.assert_array_equal(decoded(maps["truth"])[..., 0], expected)


def test_without_truth_there_are_no_errors(scene):
    bare = Scene("disc", scene.image, scene.trimap, prediction=scene.prediction)
    pictures = picture_scene(bare, Trial(PREDICTIONS))
    assert list(pictures.overview) == ["image", "trimap", "prediction"]
    assert pictures.zooms == []


def test_methods_are_enlarged_where_they_are_worst_together(scene, tmp_path):
    """Each of two has its own worst region; a third place, which both miss a little, wins."""
    _, _, alpha = disc_scene((300, 600), 100)
    unknown = np.full(alpha.shape, 128, np.uint8)
    unknown[0, 0] = 0
    trimap = save(tmp_path / "unknown.png", unknown)
    shown = {}
    for method, (row, column) in {"one": (20, 20), "other": (270, 570)}.items():
        prediction = alpha.copy()
        prediction[row - 10 : row + 10, column - 10 : column + 10] = 255
        prediction[140:160, 290:310] = 80  # where it is 255: less wrong, but in both
        path = save(tmp_path / f"{method}.png", prediction)
        shown[method] = Scene("disc", scene.image, trimap, scene.alpha, path), Trial(PREDICTIONS)
    pictures = picture_methods(shown)
    assert list(pictures.overview) == [
        "image", "prediction of one", "prediction of other", "truth", "error of one",
        "error of other",
    ]  # fmt: skip
    (left, top, width, height), maps = pictures.zooms[0]
    assert left <= 290 / 600 <= 310 / 600 <= left + width
    assert top <= 140 / 300 <= 160 / 300 <= top + height
    assert list(maps) == list(pictures.overview)


def test_methods_without_truth_have_predictions_alone(scene):
    bare = Scene("disc", scene.image, scene.trimap, prediction=scene.prediction)
    pictures = picture_methods({name: (bare, Trial(PREDICTIONS)) for name in ("one", "other")})
    assert list(pictures.overview) == ["image", "prediction of one", "prediction of other"]
    assert pictures.zooms == []
