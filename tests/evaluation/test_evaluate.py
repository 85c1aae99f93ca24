import dataclasses

import numpy as np
import pytest

from atnet.data.readers.folder import read_folder
from atnet.data.scenes import Scene
from atnet.evaluation.evaluate import evaluate
from atnet.evaluation.rows import appending_rows
from atnet.evaluation.trial import PREDICTIONS, Trial, with_predictions
from atnet.files.journal import read_journal
from scene_files import disc_scene, save, write_folder


@pytest.fixture
def scenes(tmp_path):
    return read_folder(write_folder(tmp_path / "set"))


def only_results(rows):
    """Rows without what no two runs share."""
    return [dataclasses.replace(row, seconds=None, megabytes=None) for row in rows]


def test_two_processes_find_what_one_finds_in_the_scenes_order(scenes):
    alone = evaluate(scenes, Trial())
    together = evaluate(scenes, Trial(), workers=2)
    assert only_results(together) == only_results(alone)
    assert [row.name for row in together] == ["scene0", "scene1", "scene2"]


def test_a_bad_scene_fails_alone_and_says_why(scenes, tmp_path):
    save(tmp_path / "set/alpha/scene0.png", np.zeros((9, 9), np.uint8))
    (tmp_path / "set/image/scene2.png").write_bytes(b"no picture")
    first, second, third = evaluate(scenes, Trial())
    assert first.error == (
        "TrimapError: trimap: is 72 x 64 pixels, but the image is 9 x 9: give a trimap of the "
        "image's size"
    )
    assert second.error is None
    assert (third.error or "").startswith("ImageError: ")
    assert first.sad is None


def test_a_missing_prediction_fails_its_scene(scenes, tmp_path):
    rows = evaluate(with_predictions(scenes, tmp_path / "none"), Trial(PREDICTIONS))
    assert all("scene" in (row.error or "") for row in rows)


def test_resuming_computes_only_what_is_missing_failed_or_changed(scenes, tmp_path):
    file, trial = tmp_path / "rows.jsonl", Trial(alphas=tmp_path / "out")
    first = evaluate(scenes, trial, file)
    failed = dataclasses.replace(first[1], error="ValueError: once")
    file.unlink()
    with appending_rows(file) as append:
        append(first[0])
        append(failed)
    computed = []
    again = evaluate(scenes, trial, file, resume=True, progress=computed.append)
    assert [row.name for row in computed] == ["scene1", "scene2"]
    assert only_results(again) == only_results(first)
    assert sorted(entry["name"] for entry in read_journal(file)) == ["scene0", "scene1", "scene2"]

    image, _, _ = disc_scene(radius=12)
    save(tmp_path / "set/image/scene0.png", np.flip(image))
    (tmp_path / "out/scene2.png").unlink()
    computed.clear()
    evaluate(scenes, trial, file, resume=True, progress=computed.append)
    assert [row.name for row in computed] == ["scene0", "scene2"]


def test_another_method_keeps_no_rows(scenes, tmp_path):
    file = tmp_path / "rows.jsonl"
    evaluate(scenes[:1], Trial(), file)
    computed = []
    paired = with_predictions(scenes[:1], tmp_path / "set/alpha")
    evaluate(paired, Trial(PREDICTIONS), file, resume=True, progress=computed.append)
    assert len(computed) == 1


def test_rows_are_never_overwritten_unasked(scenes, tmp_path):
    file = tmp_path / "rows.jsonl"
    evaluate(scenes[:1], Trial(), file)
    before = file.read_bytes()
    with pytest.raises(ValueError, match="has 1 rows; continue with --resume"):
        evaluate(scenes[:1], Trial(), file)
    assert file.read_bytes() == before


@pytest.mark.parametrize(
    ("names", "method", "message"),
    [([], "atnet", "no scenes"), (["a", "a"], "atnet", "same name"), (["a"], "magic", "'magic'")],
)
def test_what_cannot_be_meant_is_refused_before_anything_runs(tmp_path, names, method, message):
    with pytest.raises(ValueError, match=message):
        evaluate([Scene(name, tmp_path) for name in names], Trial(method))


def test_names_may_be_of_any_bytes(tmp_path):
    (row,) = evaluate([Scene("caf\udce9", tmp_path)], Trial())
    assert row.error == "ValueError: has no trimap"
