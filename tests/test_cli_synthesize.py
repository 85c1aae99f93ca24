import json

import numpy as np
import pytest
from typer.testing import CliRunner

from atnet.cli import app
from atnet.images import read_image, write_image


def synthesize(*arguments):
    return CliRunner().invoke(app, ["synthesize", *map(str, arguments)])


def contents(folder):
    files = (path for path in folder.rglob("*") if path.is_file())
    return {str(path.relative_to(folder)): path.read_bytes() for path in files}


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    folder = tmp_path_factory.mktemp("made") / "data"
    result = synthesize("--out", folder, "--count", 8, "--seed", 3, "--size", 64, "--json")
    assert result.exit_code == 0, result.stderr
    return folder, json.loads(result.stdout)


def test_says_what_it_made(made):
    folder, summary = made
    assert summary == {"folder": str(folder), "training": 8, "test": 0, "drawn": 8, "kept": 0}
    assert len(list((folder / "fg").iterdir())) == 8


def test_two_workers_write_the_same_bytes(made, tmp_path):
    folder, _ = made
    result = synthesize("--out", tmp_path, "--count", 8, "--seed", 3, "--size", 64, "--workers", 2)
    assert result.exit_code == 0, result.stderr
    assert contents(tmp_path) == contents(folder)


def test_a_stopped_run_continues(made):
    folder, _ = made
    before = contents(folder)
    foregrounds, alphas = (sorted((folder / part).iterdir()) for part in ("fg", "mask"))
    foregrounds[1].unlink()
    alphas[4].unlink()
    kept = alphas[2].stat().st_mtime_ns
    result = synthesize("--out", folder, "--count", 8, "--seed", 3, "--size", 64, "--json")
    assert json.loads(result.stdout)["drawn"] == 2
    assert contents(folder) == before
    assert alphas[2].stat().st_mtime_ns == kept


def test_another_seed_does_not_mix_in(made):
    result = synthesize("--out", made[0], "--count", 8, "--seed", 4, "--size", 64)
    assert result.exit_code == 1
    assert "was made with another seed" in result.stderr


def test_photographs_change_the_colours(made, tmp_path):
    write_image(tmp_path / "a.png", np.full((50, 50, 3), 0.5, np.float32))
    out = tmp_path / "data"
    result = synthesize("--out", out, "--count", 8, "--seed", 3, "--size", 64, "--photos", tmp_path)
    assert result.exit_code == 0, result.stderr
    assert contents(out).keys() == contents(made[0]).keys()
    assert contents(out) != contents(made[0])


def test_gallery(tmp_path):
    result = synthesize("--gallery", tmp_path / "gallery.png", "--out", tmp_path / "data")
    assert result.exit_code == 0, result.stderr
    assert read_image(tmp_path / "gallery.png").std() > 0.05
    assert not (tmp_path / "data").exists()
