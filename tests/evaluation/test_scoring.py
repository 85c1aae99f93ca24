import dataclasses

import cv2
import numpy as np
import pytest

from atnet.data.readers.folder import read_folder
from atnet.evaluation.metrics import score
from atnet.evaluation.scoring import Task, score_scene
from atnet.evaluation.trial import PREDICTIONS, Trial
from atnet.matting.predictor import Matting
from scene_files import disc_scene, save, write_folder


@pytest.fixture
def scene(tmp_path):
    return read_folder(write_folder(tmp_path / "set", count=1))[0]


def scored(scene, trial):
    return score_scene(Task(scene, trial, "f"))


def test_scores_are_those_of_the_rounded_alpha(scene, tmp_path):
    row = scored(scene, Trial(alphas=tmp_path / "out"))
    image, trimap, alpha = disc_scene(radius=12)
    predicted = np.round(Matting().alpha(image, trimap) * 255).astype(np.uint8)
    expected = score(predicted, alpha, trimap)
    assert (row.sad, row.mse, row.gradient, row.connectivity) == pytest.approx(expected)
    saved = cv2.imread(str(tmp_path / "out" / "scene0.png"), cv2.IMREAD_UNCHANGED)
    np.testing.assert_array_equal(saved, predicted)
    assert (row.width, row.height, row.unknown) == (72, 64, np.mean(trimap == 128))
    assert (row.seconds or 0) > 0
    assert (row.megabytes or 0) > 50
    assert sum(row.histogram) == np.count_nonzero(trimap == 128)
    assert row.error is None


def test_predictions_are_scored_as_stored_unless_clamped(scene, tmp_path):
    _, trimap, alpha = disc_scene(radius=12)
    prediction = alpha // 2
    paired = dataclasses.replace(scene, prediction=save(tmp_path / "other.png", prediction))
    stored = scored(paired, Trial(PREDICTIONS))
    clamped = scored(paired, Trial(PREDICTIONS, clamp=True))
    fixed = np.where(trimap == 128, prediction, trimap)
    assert stored.gradient == score(prediction, alpha, trimap).gradient
    assert clamped.gradient == score(fixed, alpha, trimap).gradient != stored.gradient
    assert clamped.sad == stored.sad != 0
    assert stored.seconds is stored.megabytes is None


def test_scenes_without_truth_get_alphas_and_no_scores(scene, tmp_path):
    bare = dataclasses.replace(scene, alpha=None)
    row = scored(bare, Trial(alphas=tmp_path / "deep/out"))
    assert row.error is row.sad is None
    assert (tmp_path / "deep/out/scene0.png").exists()


def test_contradictions_and_snapped_trimaps_are_named(scene, tmp_path):
    _, trimap, alpha = disc_scene(radius=12)
    alpha[0, :3], alpha[32, 36] = 5, 250
    trimap[1, 1] = 1
    save(tmp_path / "set/alpha/scene0.png", alpha)
    save(tmp_path / "set/trimap/scene0.png", trimap)
    row = scored(scene, Trial())
    assert row.warnings[0].endswith("3 background and 1 foreground pixels, off by up to 5 of 255")
    assert row.warnings[1].startswith("trimap: 1 pixels")


def test_a_trimap_can_be_made(scene):
    bare = dataclasses.replace(scene, trimap=None)
    supplied = scored(bare, Trial())
    band = scored(bare, Trial(trimaps="band"))
    assert "has no trimap" in (supplied.error or "")
    assert band.error is None
    assert (band.unknown or 0) > np.mean(disc_scene(radius=12)[1] == 128)
