import dataclasses

import cv2
import numpy as np
import pytest

from atnet.data.readers.folder import read_folder
from atnet.data.scenes import Scene
from atnet.evaluation.metrics import score
from atnet.evaluation.rows import read_rows, write_rows
from atnet.evaluation.run import PREDICTIONS, Run, evaluate, prediction_of, with_predictions
from atnet.matting.predictor import Matting
from scene_files import disc_scene, save, write_folder


@pytest.fixture
def scenes(tmp_path):
    return read_folder(write_folder(tmp_path / "set"))


def only_results(rows):
    """Rows without what no two runs share."""
    return [dataclasses.replace(row, seconds=None, megabytes=None) for row in rows]


def test_scores_are_those_of_the_rounded_alpha(scenes, tmp_path):
    rows = evaluate(scenes[:1], Run(alphas=tmp_path / "out"))
    image, trimap, alpha = disc_scene(radius=12)
    predicted = np.round(Matting().alpha(image, trimap) * 255).astype(np.uint8)
    expected = score(predicted, alpha, trimap)
    row = rows[0]
    assert (row.sad, row.mse, row.gradient, row.connectivity) == pytest.approx(expected)
    saved = cv2.imread(str(tmp_path / "out" / "scene0.png"), cv2.IMREAD_UNCHANGED)
    np.testing.assert_array_equal(saved, predicted)
    assert (row.width, row.height, row.unknown) == (72, 64, np.mean(trimap == 128))
    assert (row.seconds or 0) > 0
    assert (row.megabytes or 0) > 50
    assert sum(row.histogram) == np.count_nonzero(trimap == 128)
    assert row.error is None


def test_two_processes_find_what_one_finds_in_the_scenes_order(scenes):
    alone = evaluate(scenes, Run())
    together = evaluate(scenes, Run(), workers=2)
    assert only_results(together) == only_results(alone)
    assert [row.name for row in together] == ["scene0", "scene1", "scene2"]


def test_a_bad_scene_fails_alone_and_says_why(scenes, tmp_path):
    save(tmp_path / "set/alpha/scene0.png", np.zeros((9, 9), np.uint8))
    (tmp_path / "set/image/scene2.png").write_bytes(b"no picture")
    first, second, third = evaluate(scenes, Run())
    assert first.error == (
        "TrimapError: trimap: is 72 x 64 pixels, but the image is 9 x 9: give a trimap of the "
        "image's size"
    )
    assert second.error is None
    assert (third.error or "").startswith("ImageError: ")
    assert first.sad is None


def test_predictions_are_scored_as_stored_unless_clamped(scenes, tmp_path):
    _, trimap, alpha = disc_scene(radius=12)
    prediction = alpha // 2
    save(tmp_path / "other/scene0.png", prediction)
    paired = with_predictions(scenes[:1], tmp_path / "other")
    (stored,) = evaluate(paired, Run(PREDICTIONS))
    (clamped,) = evaluate(paired, Run(PREDICTIONS, clamp=True))
    fixed = np.where(trimap == 128, prediction, trimap)
    assert stored.gradient == score(prediction, alpha, trimap).gradient
    assert clamped.gradient == score(fixed, alpha, trimap).gradient != stored.gradient
    assert clamped.sad == stored.sad != 0
    assert stored.seconds is stored.megabytes is None
    np.testing.assert_array_equal(prediction_of(paired[0], Run(PREDICTIONS), trimap), prediction)


def test_a_missing_prediction_fails_its_scene(scenes, tmp_path):
    rows = evaluate(with_predictions(scenes, tmp_path / "none"), Run(PREDICTIONS))
    assert all("scene" in (row.error or "") for row in rows)


def test_predictions_of_one_group_may_lie_without_its_folder(tmp_path):
    scene = Scene("Trimap1/GT01", tmp_path)
    flat = with_predictions([scene], tmp_path)
    assert flat[0].prediction == tmp_path / "GT01.png"
    (tmp_path / "Trimap1").mkdir()
    nested = with_predictions([scene], tmp_path)
    assert nested[0].prediction == tmp_path / "Trimap1/GT01.png"


def test_scenes_without_truth_get_alphas_and_no_scores(scenes, tmp_path):
    bare = [dataclasses.replace(scene, alpha=None) for scene in scenes[:1]]
    (row,) = evaluate(bare, Run(alphas=tmp_path / "deep/out"))
    assert row.error is row.sad is None
    assert (tmp_path / "deep/out/scene0.png").exists()


def test_contradictions_and_snapped_trimaps_are_named(scenes, tmp_path):
    _, trimap, alpha = disc_scene(radius=12)
    alpha[0, :3], alpha[32, 36] = 5, 250
    trimap[1, 1] = 1
    save(tmp_path / "set/alpha/scene0.png", alpha)
    save(tmp_path / "set/trimap/scene0.png", trimap)
    (row,) = evaluate(scenes[:1], Run())
    assert row.warnings[0].endswith("3 background and 1 foreground pixels, off by up to 5 of 255")
    assert row.warnings[1].startswith("trimap: 1 pixels")


def test_a_trimap_can_be_made(scenes):
    made = [dataclasses.replace(scene, trimap=None) for scene in scenes[:1]]
    (supplied,) = evaluate(made, Run())
    (band,) = evaluate(made, Run(trimaps="band"))
    assert "has no trimap" in (supplied.error or "")
    assert band.error is None
    assert (band.unknown or 0) > (np.mean(disc_scene(radius=12)[1] == 128))


def test_resuming_computes_only_what_is_missing_failed_or_changed(scenes, tmp_path):
    file, run = tmp_path / "rows.jsonl", Run(alphas=tmp_path / "out")
    first = evaluate(scenes, run, file)
    write_rows(file, [first[0], dataclasses.replace(first[1], error="ValueError: once")])
    computed = []
    again = evaluate(scenes, run, file, resume=True, progress=computed.append)
    assert [row.name for row in computed] == ["scene1", "scene2"]
    assert only_results(again) == only_results(first)
    assert sorted(row.name for row in read_rows(file)) == ["scene0", "scene1", "scene2"]

    image, _, _ = disc_scene(radius=12)
    save(tmp_path / "set/image/scene0.png", np.flip(image))
    (tmp_path / "out/scene2.png").unlink()
    computed.clear()
    evaluate(scenes, run, file, resume=True, progress=computed.append)
    assert [row.name for row in computed] == ["scene0", "scene2"]


def test_another_method_keeps_no_rows(scenes, tmp_path):
    file = tmp_path / "rows.jsonl"
    evaluate(scenes[:1], Run(), file)
    computed = []
    paired = with_predictions(scenes[:1], tmp_path / "set/alpha")
    evaluate(paired, Run(PREDICTIONS), file, resume=True, progress=computed.append)
    assert len(computed) == 1


def test_rows_are_never_overwritten_unasked(scenes, tmp_path):
    file = tmp_path / "rows.jsonl"
    evaluate(scenes[:1], Run(), file)
    before = file.read_bytes()
    with pytest.raises(ValueError, match="has 1 rows; continue with --resume"):
        evaluate(scenes[:1], Run(), file)
    assert file.read_bytes() == before


@pytest.mark.parametrize(
    ("names", "method", "message"),
    [([], "atnet", "no scenes"), (["a", "a"], "atnet", "same name"), (["a"], "magic", "'magic'")],
)
def test_what_cannot_be_meant_is_refused_before_anything_runs(tmp_path, names, method, message):
    with pytest.raises(ValueError, match=message):
        evaluate([Scene(name, tmp_path) for name in names], Run(method))
