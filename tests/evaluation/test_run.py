import json
from dataclasses import replace

import numpy as np
import pytest

from atnet.data.readers.folder import read_folder
from atnet.evaluation.data_sets import DataSet
from atnet.evaluation.run import Evaluation, run_evaluation
from atnet.evaluation.trial import PREDICTIONS, Trial
from scene_files import save, write_folder


@pytest.fixture
def data_set(tmp_path):
    def note(policy, scored):
        return f"{scored} scored, trimaps {policy}"

    return DataSet("discs", read_folder(write_folder(tmp_path / "set")), note)


def test_one_call_evaluates_and_reports(data_set, tmp_path):
    folder = tmp_path / "deep/out"
    rows = []
    outcome = run_evaluation(Evaluation(data_set, Trial(), folder), progress=rows.append)
    assert sorted(outcome.report.rows, key=lambda row: row.name) == rows
    assert outcome.files == {
        suffix: str(folder / f"report.{suffix}") for suffix in ("csv", "json", "md", "html")
    }
    written = json.loads((folder / "report.json").read_text())
    assert written["title"] == "atnet-vgg16 on discs"
    assert written["about"]["Note"] == "3 scored, trimaps supplied"
    assert (folder / "report.html").read_text().count("<article") == 3
    assert len((folder / "rows.jsonl").read_text().splitlines()) == 3
    assert sorted(path.name for path in (folder / "alphas").iterdir()) == [
        "scene0.png", "scene1.png", "scene2.png",
    ]  # fmt: skip


def test_a_report_shows_alphas_wherever_they_were_written(data_set, tmp_path):
    trial = Trial(alphas=tmp_path / "alphas")
    outcome = run_evaluation(Evaluation(data_set, trial, tmp_path / "out"))
    assert not (tmp_path / "out/alphas").exists()
    shown = {scene.prediction for scene in outcome.report.scenes}
    assert shown == set((tmp_path / "alphas").iterdir())


def test_without_a_folder_nothing_is_written(data_set, tmp_path):
    before = sorted(tmp_path.rglob("*"))
    outcome = run_evaluation(Evaluation(data_set, Trial()))
    assert outcome.files == {}
    assert outcome.report.means()["all"]["scenes"] == 3
    assert sorted(tmp_path.rglob("*")) == before


def test_predictions_are_read_from_the_trials_folder_and_left_alone(data_set, tmp_path):
    trial = Trial(PREDICTIONS, alphas=tmp_path / "set/alpha")
    outcome = run_evaluation(Evaluation(data_set, trial, tmp_path / "out"))
    assert [row.sad for row in outcome.report.rows] == [0, 0, 0]
    assert not (tmp_path / "out/alphas").exists()


def test_problems_are_told_before_anything_is_computed_and_fail_their_scenes_only(
    data_set, tmp_path
):
    save(tmp_path / "set/alpha/scene1.png", np.zeros((3, 4), np.uint8))
    told = []
    outcome = run_evaluation(
        Evaluation(data_set, Trial()),
        problems=told.extend,
        progress=lambda row: told.append(row.name),
    )
    assert told[0].startswith("scene1: sizes differ")
    assert told[1:] == ["scene0", "scene1", "scene2"]
    assert [row.name for row in outcome.report.failed()] == ["scene1"]
    assert outcome.report.about["Note"].startswith("2 scored")


def test_a_stopped_run_goes_on(data_set, tmp_path):
    wanted = Evaluation(data_set, Trial(), tmp_path / "out")
    run_evaluation(wanted)
    with pytest.raises(ValueError, match="--resume"):
        run_evaluation(wanted)
    (tmp_path / "out/alphas/scene1.png").unlink()
    computed = []
    run_evaluation(
        Evaluation(data_set, Trial(), tmp_path / "out", resume=True), progress=computed.append
    )
    assert [row.name for row in computed] == ["scene1"]


def test_what_every_scene_lacks_is_refused_at_once(data_set, tmp_path):
    bare = [replace(scene, trimap=None) for scene in data_set.scenes]
    wanted = Evaluation(DataSet("discs", bare), Trial(), tmp_path / "out")
    with pytest.raises(ValueError, match=r"^discs: has no trimaps; .* --make-trimaps band"):
        run_evaluation(wanted)
    with pytest.raises(ValueError, match=r"gone: is not a folder; expected alphas named as the"):
        run_evaluation(
            replace(wanted, trial=Trial(PREDICTIONS, alphas=tmp_path / "gone"), data_set=data_set)
        )
    assert not (tmp_path / "out").exists()
