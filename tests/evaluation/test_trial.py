import numpy as np
import pytest

from atnet.data.scenes import Scene
from atnet.evaluation.trial import PREDICTIONS, Trial, with_predictions
from scene_files import disc_scene, save


def test_predictions_of_one_group_may_lie_without_its_folder(tmp_path):
    scene = Scene("Trimap1/GT01", tmp_path)
    flat = with_predictions([scene], tmp_path)
    assert flat[0].prediction == tmp_path / "GT01.png"
    (tmp_path / "Trimap1").mkdir()
    nested = with_predictions([scene], tmp_path)
    assert nested[0].prediction == tmp_path / "Trimap1/GT01.png"
    both = with_predictions([scene, Scene("Trimap2/GT01", tmp_path)], tmp_path / "missing")
    assert both[1].prediction == tmp_path / "missing/Trimap2/GT01.png"


def test_predictions_are_read_as_they_are_scored(tmp_path):
    _, trimap, alpha = disc_scene()
    scene = Scene("x", tmp_path, prediction=save(tmp_path / "x.png", alpha // 2))
    stored = Trial(PREDICTIONS).prediction(scene, trimap)
    clamped = Trial(PREDICTIONS, clamp=True).prediction(scene, trimap)
    np.testing.assert_array_equal(stored, alpha // 2)
    np.testing.assert_array_equal(clamped, np.where(trimap == 128, alpha // 2, trimap))
    with pytest.raises(ValueError, match="has no prediction"):
        Trial(PREDICTIONS).prediction(Scene("x", tmp_path), trimap)


def test_only_what_is_computed_is_written(tmp_path):
    scene = Scene("a/x", tmp_path)
    assert Trial(alphas=tmp_path).target(scene) == tmp_path / "a/x.png"
    assert Trial().target(scene) is None
    assert Trial(PREDICTIONS, alphas=tmp_path).target(scene) is None


def test_unknown_methods_are_refused_with_all_known_ones():
    with pytest.raises(ValueError, match=r"method is 'magic'; allowed are atnet, .*, predictions"):
        Trial("magic")
