import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from atnet.data.readers.folder import read_folder
from atnet.data.scenes import read_8_bits
from atnet.evaluation.compare import each_method, name_trials, run_comparison
from atnet.evaluation.data_sets import DataSet
from atnet.evaluation.run import Evaluation, run_evaluation
from atnet.evaluation.trial import PREDICTIONS, Trial
from scene_files import save, write_folder


@pytest.fixture
def data_set(tmp_path):
    return DataSet("discs", read_folder(write_folder(tmp_path / "set")))


@pytest.fixture
def trials(data_set, tmp_path):
    """Predictions that are right, and half as opaque."""
    for scene in data_set.scenes:
        save(tmp_path / f"half/{scene.name}.png", read_8_bits(scene.alpha) // 2)
    return [Trial(PREDICTIONS, alphas=tmp_path / name) for name in ("half", "set/alpha")]


def read_from(folder):
    return Trial(PREDICTIONS, alphas=folder)


@pytest.mark.parametrize(
    ("trials", "names"),
    [
        ([Trial("knn"), Trial()], ["knn", "atnet-vgg16"]),
        ([Trial(), Trial(preset="atnet-lite")], ["atnet-vgg16", "atnet-lite"]),
        ([Trial(), Trial(quality="best")], ["atnet-vgg16 standard", "atnet-vgg16 best"]),
        ([Trial("knn"), Trial(quality="best")], ["knn", "atnet-vgg16"]),
    ],
)
def test_methods_are_named_after_what_tells_them_apart(trials, names):
    assert list(name_trials(trials)) == names


def test_predictions_are_named_after_their_folder_and_no_more_than_is_needed(tmp_path):
    one, other, far = tmp_path / "one/out", tmp_path / "other/out", tmp_path / "one/knn"
    assert list(name_trials([read_from(one), read_from(far)])) == ["out", "knn"]
    assert list(name_trials([read_from(one), read_from(other)])) == ["one/out", "other/out"]
    assert list(name_trials([Trial("knn"), read_from(far)])) == ["knn", "one/knn"]
    models = [Trial(preset=str(folder / "best.npz")) for folder in (one, other)]
    assert list(name_trials(models)) == ["one/out/best.npz", "other/out/best.npz"]
    runs = [Trial(preset="runs/one"), Trial(preset="runs/other"), Trial(preset="atnet-lite")]
    assert list(name_trials(runs)) == ["one", "other", "atnet-lite"]


@pytest.mark.parametrize(
    "trials",
    [
        [Trial("knn")] * 2,
        [Trial(), Trial()],
        [read_from(Path("x")), read_from(Path("y/../x"))],
        [Trial(preset="a/x.npz"), Trial(preset="./a/x.npz")],
    ],
)
def test_the_same_method_twice_is_refused(trials):
    with pytest.raises(ValueError, match="is asked for twice; name each method once"):
        name_trials(trials)


def test_methods_are_reported_side_by_side_and_each_alone(data_set, trials, tmp_path):
    folder, seen = tmp_path / "deep/out", []
    wanted = each_method(Evaluation(data_set, trials[0], folder), [*trials, Trial(quality="fast")])
    compared = run_comparison(wanted, folder, progress=lambda name, row: seen.append((name, row)))
    assert list(compared.comparison.reports) == ["half", "alpha", "atnet-vgg16"]
    assert [name for name, _ in seen] == ["half"] * 3 + ["alpha"] * 3 + ["atnet-vgg16"] * 3
    assert compared.files == {
        suffix: str(folder / f"report.{suffix}") for suffix in ("csv", "json", "md", "html")
    }
    means = json.loads((folder / "report.json").read_text())["means"]["all"]
    assert means["alpha"]["sad"] == 0
    for name, trial in zip(("half", "alpha"), trials, strict=True):
        alone = run_evaluation(Evaluation(data_set, trial)).report.means()["all"]
        assert (
            means[name] == json.loads((folder / name / "report.json").read_text())["means"]["all"]
        )
        assert means[name] == alone
    page = (folder / "report.html").read_text()
    assert page.count("<article") == 3
    assert sorted(path.name for path in folder.glob("atnet-vgg16/alphas/*")) == [
        "scene0.png", "scene1.png", "scene2.png",
    ]  # fmt: skip


def test_alphas_go_to_a_folder_for_each_method(data_set, tmp_path):
    trials = [Trial(quality=quality, alphas=tmp_path / "out") for quality in ("fast", "standard")]
    wanted = each_method(Evaluation(data_set, trials[0]), [*trials, read_from(tmp_path / "set")])
    assert [evaluation.trial.alphas for evaluation in wanted.values()] == [
        tmp_path / "out/atnet-vgg16 fast", tmp_path / "out/atnet-vgg16 standard", tmp_path / "set",
    ]  # fmt: skip
    assert all(evaluation.folder is None for evaluation in wanted.values())


def test_a_stopped_run_goes_on_and_takes_further_methods(data_set, trials, tmp_path):
    folder = tmp_path / "out"
    first = Evaluation(data_set, trials[0], folder)
    run_comparison(each_method(first, trials), folder)
    rows = folder / "half/rows.jsonl"
    rows.write_bytes(b"".join(rows.read_bytes().splitlines(keepends=True)[:1]) + b'{"name": "sc')
    more = [*trials, Trial(PREDICTIONS, clamp=True, alphas=tmp_path / "set/trimap")]
    with pytest.raises(ValueError, match=r"half.rows.jsonl: has 1 rows; continue with --resume"):
        run_comparison(each_method(first, more), folder)
    done = []
    again = Evaluation(data_set, trials[0], folder, resume=True)
    run_comparison(
        each_method(again, more), folder, progress=lambda name, row: done.append((name, row.name))
    )
    assert done == [("half", "scene1"), ("half", "scene2")] + [
        ("trimap", f"scene{number}") for number in range(3)
    ]


def test_what_is_wrong_is_found_before_any_method_begins(data_set, trials, tmp_path):
    def refused(message, *others, folder=None):
        begun = []
        wanted = each_method(Evaluation(data_set, trials[0], folder), [trials[0], *others])
        with pytest.raises(ValueError, match=message):
            run_comparison(wanted, folder, progress=lambda name, _: begun.append(name))
        assert begun == []

    refused("gone: is not a folder", read_from(tmp_path / "gone"))
    refused("preset is 'magic'", Trial(preset="magic"))
    refused("quality is 'magic'", replace(Trial(), quality="magic"))
    alone = tmp_path / "alone"
    run_evaluation(Evaluation(data_set, trials[0], alone))
    refused("holds the report of one method", trials[1], folder=alone)
    assert json.loads((alone / "report.json").read_text())["title"] == "predictions on discs"


def test_problems_are_told_once_for_all_methods(data_set, trials, tmp_path):
    save(tmp_path / "set/image/scene1.png", np.zeros((3, 4, 3), np.uint8))
    (tmp_path / "half/scene2.png").unlink()
    told = []
    run_comparison(
        each_method(Evaluation(data_set, trials[0]), [*trials, Trial(quality="fast")]),
        problems=told.append,
        progress=lambda *row: told.append(row),
    )
    problems, *rows = told
    assert len(rows) == 9
    assert len(problems) == len(set(problems))
    assert sum("scene1" in problem for problem in problems) <= 2  # with and without a prediction
    assert sum("half" in problem for problem in problems) == 1
