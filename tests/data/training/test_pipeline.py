import contextlib
import json
import shutil
import subprocess
import sys
import textwrap
from dataclasses import replace
from itertools import islice

import numpy as np
import pytest

from atnet.data.training import pipeline
from atnet.data.training.pipeline import PipelineSettings, batches
from atnet.data.training.validation import part_of
from scene_files import save
from training_files import noise, write_backgrounds, write_training_set


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    folder = write_training_set(tmp_path_factory.mktemp("data"))
    write_backgrounds(folder / "bg")
    write_training_set(folder, 2, suffix="_test")
    return folder


def made(settings, count, first=0):
    """The first batches, each as one dictionary."""
    with contextlib.closing(batches(settings, first)) as iterator:
        return [inputs | targets for inputs, targets in islice(iterator, count)]


def equal(some, others):
    return len(some) == len(others) and all(
        one.keys() == other.keys() and all(np.array_equal(one[name], other[name]) for name in one)
        for one, other in zip(some, others, strict=True)
    )


@pytest.fixture(scope="module")
def settings(folder):
    return PipelineSettings(folder, size=64, batch=4, seed=3)


@pytest.fixture(scope="module")
def six(settings):
    return made(settings, 6)


def test_batches_have_the_documented_arrays(settings):
    inputs, targets = next(batches(settings))
    shapes = {name: array.shape for name, array in (inputs | targets).items()}
    assert list(inputs) == ["image", "trimap"]
    assert shapes == {
        "image": (4, 64, 64, 3),
        "trimap": (4, 64, 64, 1),
        "alpha": (4, 64, 64, 1),
        "foreground": (4, 64, 64, 3),
        "background": (4, 64, 64, 3),
    }
    assert {array.dtype for array in (inputs | targets).values()} == {np.dtype(np.uint8)}
    assert set(np.unique(inputs["trimap"])) == {0, 128, 255}


def test_images_are_composites(six):
    for batch in six:
        alpha = batch["alpha"] / 255
        expected = alpha * batch["foreground"] + (1 - alpha) * batch["background"]
        # Softening changes the noise that these pictures are; the mean stays.
        assert np.abs((batch["image"] - expected).mean((1, 2))).max() < 2


def test_batches_begin_anywhere(settings, six):
    assert equal(made(settings, 2, first=4), six[4:])


@pytest.mark.parametrize("shards", [2, 4])
def test_slices_of_all_shards_are_the_batch(settings, six, shards):
    parts = [made(replace(settings, shard=(k, shards)), 3, first=1) for k in range(shards)]
    whole = [
        {name: np.concatenate([part[name] for part in slices]) for name in slices[0]}
        for slices in zip(*parts, strict=True)
    ]
    assert equal(whole, six[1:4])


def test_the_seed_decides(settings, six):
    assert equal(made(settings, 1), six[:1])
    other = made(replace(settings, seed=4), 1)[0]
    assert not any(np.array_equal(other[name], six[0][name]) for name in other)


@pytest.mark.parametrize("workers", [0, 2])
def test_workers_change_nothing_and_states_are_restored_in_mid_pass(settings, six, workers):
    settings = replace(settings, workers=workers)
    with contextlib.closing(batches(settings, first=1)) as iterator:
        found = [inputs | targets for inputs, targets in islice(iterator, 2)]
        state = json.loads(json.dumps(iterator.get_state()))
        next(iterator)
    assert equal(found, six[1:3])
    assert {type(array) for batch in found for array in batch.values()} == {np.ndarray}
    with contextlib.closing(batches(settings, first=1)) as iterator:
        iterator.set_state(state)
        assert equal([inputs | targets for inputs, targets in islice(iterator, 3)], six[3:])


def test_every_pass_shows_each_foreground_once_in_a_new_order(tmp_path, monkeypatch):
    monkeypatch.setattr(pipeline, "MERGED", 0)
    for number in range(10):
        save(tmp_path / f"fg/{number}.png", noise(number, 40, 40))
        save(tmp_path / f"mask/{number}.png", np.full((40, 40), 20 + 20 * number, np.uint8))
    write_backgrounds(tmp_path / "bg")
    found = made(PipelineSettings(tmp_path, size=32, batch=5), 8)
    shown = np.array([batch["alpha"][:, 0, 0, 0] for batch in found]).reshape(4, 10)
    assert (np.sort(shown, axis=1) == 20 + 20 * np.arange(10)).all()
    assert len({tuple(order) for order in shown}) == 4


def test_a_third_of_the_samples_has_two_foregrounds(tmp_path):
    for number in range(2):
        save(tmp_path / f"fg/{number}.png", noise(number, 40, 40))
        save(tmp_path / f"mask/{number}.png", np.full((40, 40), 128, np.uint8))
    write_backgrounds(tmp_path / "bg")
    alphas = made(PipelineSettings(tmp_path, size=32, batch=200), 1)[0]["alpha"][:, 0, 0, 0]
    assert set(alphas) == {128, 192}
    assert 0.25 < np.mean(alphas == 192) < 0.45


def test_two_solid_foregrounds_leave_something_to_find(tmp_path, monkeypatch):
    monkeypatch.setattr(pipeline, "MERGED", 1)
    write_training_set(tmp_path, 2)
    save(tmp_path / "mask/disc1.png", np.full((72, 80), 255, np.uint8))
    write_backgrounds(tmp_path / "bg")
    batch = made(PipelineSettings(tmp_path, size=32, batch=30), 1)[0]
    solid = (batch["alpha"] == 255).all((1, 2, 3))
    assert solid.sum() <= 15  # those whose first foreground is the solid one


def test_the_test_part_and_other_backgrounds(folder, tmp_path):
    save(tmp_path / "white.png", np.full((50, 50, 3), 255, np.uint8))
    batch = made(PipelineSettings(folder, "test", tmp_path, size=32, batch=4), 1)[0]
    assert np.ptp(batch["background"], axis=(1, 2)).max() == 0


@pytest.mark.parametrize("present", [True, False])
def test_without_backgrounds_they_are_drawn(folder, tmp_path, present):
    shutil.copytree(folder, tmp_path / "data", ignore=shutil.ignore_patterns("bg"))
    if present:
        (tmp_path / "data/bg").mkdir()
    settings = PipelineSettings(tmp_path / "data", size=32, batch=4)
    once, again = made(settings, 1), made(settings, 1)
    assert equal(once, again)
    assert once[0]["background"].std((1, 2, 3)).max() > 3


@pytest.mark.parametrize("elsewhere", [True, False])
@pytest.mark.parametrize(("part", "other"), [("train", "test"), ("test", "train")])
def test_what_is_set_aside_is_validated_on_and_never_trained_on(tmp_path, part, other, elsewhere):
    write_training_set(tmp_path)
    photos = write_backgrounds(tmp_path / ("photos" if elsewhere else "bg"))
    foregrounds = part_of([path.stem for path in (tmp_path / "fg").iterdir()], other, 0.4)
    backgrounds = part_of([path.name for path in photos.iterdir()], other, 0.4)
    unread = [tmp_path / role / f"{name}.png" for role in ("fg", "mask") for name in foregrounds]
    for path in (*unread, *(photos / name for name in backgrounds)):
        path.write_bytes(b"not to be read")
    settings = PipelineSettings(tmp_path, part, photos if elsewhere else None, 32, 4)
    assert len(made(replace(settings, validation_share=0.4), 12)) == 12
    with pytest.raises(ValueError, match=f"{len(foregrounds)} foregrounds cannot be used"):
        batches(replace(settings, part=other, validation_share=0.4))


def test_backgrounds_asked_for_must_exist(folder, tmp_path):
    with pytest.raises(ValueError, match="gone: is not a folder"):
        batches(PipelineSettings(folder, backgrounds=tmp_path / "gone"))
    with pytest.raises(ValueError, match="has no images; expected backgrounds"):
        batches(PipelineSettings(folder, backgrounds=tmp_path))


@pytest.mark.parametrize(
    ("victim", "workers"),
    [("fg/disc0.png", 0), ("mask/disc0.png", 1), ("bg/photo0.jpg", 0)],
)
def test_a_file_damaged_during_a_run_is_named(tmp_path, victim, workers):
    write_training_set(tmp_path, 1)
    write_backgrounds(tmp_path / "bg", 1)
    with contextlib.closing(
        batches(PipelineSettings(tmp_path, size=32, batch=1, workers=workers))
    ) as iterator:
        path = tmp_path / victim
        path.write_bytes(path.read_bytes()[:-60])
        with pytest.raises(ValueError, match=f"{path.name}: is damaged, truncated"):
            next(iterator)


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"part": "val"}, r"part is 'val'; it must be one of \('train', 'test'\)"),
        ({"size": 0}, "multiple of 32"),
        ({"size": 100}, "multiple of 32"),
        ({"batch": 0}, "batch is 0"),
        ({"batch": 4, "shard": (0, 3)}, "of the 3 training processes"),
        ({"shard": (2, 2)}, "index < number"),
        ({"shard": (0, 0)}, "index < number"),
        ({"seed": -1}, "seed is -1"),
        ({"workers": -1}, "workers -1"),
        ({"validation_share": 1.0}, "validation_share is 1.0; it must be at least 0 and below 1"),
        ({"validation_share": -0.1}, "validation_share is -0.1"),
    ],
)
def test_impossible_settings_are_refused(settings, changes, said):
    with pytest.raises(ValueError, match=said):
        batches(replace(settings, **changes))


def test_a_negative_first_batch_is_refused(settings):
    with pytest.raises(ValueError, match="first -1"):
        batches(settings, first=-1)


def run(path, body, *arguments):
    """Runs a program that uses workers, as a user's would be."""
    path.write_text(
        "import os, signal, sys\nfrom pathlib import Path\n"
        "from atnet.data.training.pipeline import PipelineSettings, batches\n\n"
        f"def main():\n{textwrap.indent(textwrap.dedent(body), '    ')}\n"
        "if __name__ == '__main__':\n    main()\n"
    )
    command = [sys.executable, "-W", "error", str(path), *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, check=False, timeout=120)


def test_workers_are_silent(folder, tmp_path):
    done = run(
        tmp_path / "program.py",
        """
        iterator = batches(PipelineSettings(Path(sys.argv[1]), size=32, batch=2, workers=1))
        for _ in range(3):
            next(iterator)
        """,
        folder,
    )
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no SIGKILL")
def test_workers_end_with_a_killed_parent(folder, tmp_path):
    # Workers inherit the pipes: `run` returns only when all of them have ended.
    done = run(
        tmp_path / "program.py",
        """
        next(batches(PipelineSettings(Path(sys.argv[1]), size=32, batch=2, workers=1)))
        os.kill(os.getpid(), signal.SIGKILL)
        """,
        folder,
    )
    assert done.returncode == -9
    assert "Traceback" not in done.stderr
