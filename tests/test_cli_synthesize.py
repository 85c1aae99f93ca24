import json
import re
import shlex
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from typer.testing import CliRunner

from atnet.cli import app
from atnet.files.images import read_grey, read_image, write_image


def synthesize(*arguments):
    return CliRunner().invoke(app, ["synthesize", *map(str, arguments)])


PAGE = (Path(__file__).parents[1] / "docs" / "data.md").read_text(encoding="utf-8")
SMALL = ("--count", 8, "--seed", 3, "--size", 64, "--backgrounds", 4)


def contents(folder):
    files = (path for path in folder.rglob("*") if path.is_file())
    return {str(path.relative_to(folder)): path.read_bytes() for path in files}


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    folder = tmp_path_factory.mktemp("made") / "data"
    result = synthesize("--out", folder, *SMALL, "--json")
    assert result.exit_code == 0, result.stderr
    return folder, json.loads(result.stdout)


def test_says_what_it_made(made):
    folder, summary = made
    assert summary == {
        "folder": str(folder),
        "training": 8,
        "test": 0,
        "backgrounds": 4,
        "drawn": 12,
        "kept": 0,
    }
    assert len(list((folder / "fg").iterdir())) == 8
    assert len(list((folder / "bg").iterdir())) == 4


def test_two_workers_write_the_same_bytes(made, tmp_path):
    folder, _ = made
    result = synthesize("--out", tmp_path, *SMALL, "--workers", 2)
    assert result.exit_code == 0, result.stderr
    assert contents(tmp_path) == contents(folder)


def test_a_stopped_run_continues(made):
    folder, _ = made
    before = contents(folder)
    foregrounds, alphas = (sorted((folder / part).iterdir()) for part in ("fg", "mask"))
    foregrounds[1].unlink()
    alphas[4].unlink()
    (folder / "bg" / "000002.jpg").unlink()
    kept = alphas[2].stat().st_mtime_ns
    result = synthesize("--out", folder, *SMALL, "--json")
    assert json.loads(result.stdout)["drawn"] == 3
    assert contents(folder) == before
    assert alphas[2].stat().st_mtime_ns == kept


@pytest.mark.parametrize(
    "options",
    [["--count", 0], ["--seed", -1], ["--size", 31], ["--workers", 0], ["--backgrounds", -1],
     ["--test-share", 1.5]],
)  # fmt: skip
def test_bad_usage_exits_with_2_and_makes_nothing(tmp_path, options):
    assert synthesize("--out", tmp_path / "data", *options).exit_code == 2
    assert not (tmp_path / "data").exists()


def test_another_seed_does_not_mix_in(made):
    result = synthesize("--out", made[0], *SMALL, "--seed", 4, "--json")
    assert result.exit_code == 1
    assert result.stdout == ""
    assert "was made with another seed" in result.stderr


def test_photographs_change_the_colours_and_are_the_backgrounds(made, tmp_path):
    for name in ("a.png", "b.png"):
        write_image(tmp_path / name, np.full((50, 40, 3), 0.5, np.float32))
    out, all_of_them = tmp_path / "data", SMALL[:-2]
    result = synthesize("--out", out, *all_of_them, "--photos", tmp_path)
    assert result.exit_code == 0, result.stderr
    ours, others = contents(out), contents(made[0])
    assert {name for name in ours if name.startswith("bg")} == {
        "bg/000000.jpg",
        "bg/000001.jpg",
    }
    assert np.allclose(read_image(out / "bg/000000.jpg"), 0.5, atol=0.01)
    for part in ("fg", "mask"):
        names = {name for name in ours if name.startswith(part)}
        assert names == {name for name in others if name.startswith(part)}
    assert any(ours[name] != others[name] for name in ours if name.startswith("fg/"))


def test_a_test_set_can_be_composed_from_nothing(tmp_path):
    made = synthesize("--out", tmp_path, "--count", 2, "--size", 48, "--test-share", 0.5)
    assert made.exit_code == 0, made.stderr
    composed = CliRunner().invoke(app, ["compose", "--data", str(tmp_path), "--trimaps", "random"])
    assert composed.exit_code == 0, composed.stderr
    assert len(list((tmp_path / "merged_test").iterdir())) == 20
    assert len(list((tmp_path / "trimap_test").iterdir())) == 20


def test_gallery(tmp_path):
    result = synthesize(
        "--gallery", tmp_path / "gallery.png", "--size", 64, "--out", tmp_path / "data"
    )
    assert result.exit_code == 0, result.stderr
    assert read_image(tmp_path / "gallery.png").std() > 0.05
    assert not (tmp_path / "data").exists()
    result = synthesize("--gallery", tmp_path / "gone" / "gallery.png", "--size", 64)
    assert result.exit_code == 1
    assert "gone does not exist: create it first" in result.stderr


def test_the_commands_of_the_page_about_data_run(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "photos").mkdir()
    for number in range(10):
        write_image(f"photos/{number}.jpg", np.full((40, 50, 3), number / 10, np.float32))
    section = PAGE.split("## 1.")[1].split("## 2.")[0]
    commands = re.findall(r"^    atnet (synthesize|compose) (.*)$", section, flags=re.MULTILINE)
    assert len(commands) == 4
    smaller = {"synthesize": "--count 10 --size 48 --workers 1", "compose": "--workers 1"}
    for name, options in commands:
        result = CliRunner().invoke(app, [name, *shlex.split(f"{options} {smaller[name]}")])
        assert result.exit_code == 0, result.stderr
    assert len(list(Path("data/merged_test").iterdir())) == 2
    assert len(list(Path("data-photos/merged_test").iterdir())) == 1


def test_the_python_of_the_page_about_data_splits_cutouts_exactly(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    Path("cutouts").mkdir()
    rng = np.random.default_rng(0)
    stored = rng.integers(256, size=(10, 12, 16, 4), dtype=np.uint8)
    stored[:, :, :5, 3], stored[:, :, 9:, 3] = 0, 255
    for number, pixels in enumerate(stored):
        Image.fromarray(pixels).save(f"cutouts/{number}.png")
    (code,) = re.findall(r"```python\n(.*?)```", PAGE, flags=re.DOTALL)
    exec(compile(code, "data.md", "exec"), {})  # noqa: S102  (our own text)
    for number, pixels in enumerate(stored):
        part = "_test" if number == 9 else ""
        colour = np.rint(255 * read_image(f"data/fg{part}/{number}.png"))
        assert np.array_equal(
            np.rint(255 * read_grey(f"data/mask{part}/{number}.png")), pixels[..., 3]
        )
        seen = pixels[..., 3] > 0
        assert np.array_equal(colour[seen], pixels[seen][:, :3])


def test_files_that_the_page_about_data_names_exist():
    for target in re.findall(r"\]\(([^)#:]+)\)", PAGE):
        assert (Path(__file__).parents[1] / "docs" / target).exists(), target
