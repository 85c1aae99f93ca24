"""Bad and odd inputs of every command: one clear line and nothing written, or a right result."""

import hashlib
import shlex

import numpy as np
import pytest
from PIL import Image
from typer.testing import CliRunner

from atnet.cli import app
from hostile_inputs import CASES, RIGHT, SIZE, make_files


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    path = tmp_path_factory.mktemp("hostile")
    make_files(path)
    return path


@pytest.fixture
def run(folder, monkeypatch):
    monkeypatch.chdir(folder)
    monkeypatch.setenv("COLUMNS", "300")
    return lambda command: CliRunner().invoke(app, shlex.split(command))


def content(folder):
    files = (path for path in folder.rglob("*") if path.is_file())
    return {path: hashlib.sha256(path.read_bytes()).hexdigest() for path in files}


def marked(case):
    """Only with PyTorch does an export get as far as its file."""
    exports = case.command.startswith("export ") and "--no-clobber" not in case.command
    marks = [pytest.mark.torch] if exports else []
    return pytest.param(case, id=case.command, marks=marks)


@pytest.mark.parametrize("case", [*map(marked, CASES)])
def test_what_is_wrong_is_told_in_clear_lines_and_nothing_is_written(folder, run, case):
    before = content(folder)
    ran = run(case.command)
    said = ran.stderr
    assert (ran.exit_code, type(ran.exception)) in {(case.code, SystemExit), (0, type(None))}, said
    assert ran.exit_code == case.code, said
    assert case.says in said
    assert "Traceback" not in said
    assert "[Errno" not in said
    errors = [line for line in said.splitlines() if line.startswith("atnet: error: ")]
    assert len(errors) == (case.code == 1), said
    assert content(folder) == before


@pytest.mark.parametrize(("photo", "trimap"), RIGHT.items())
def test_odd_inputs_give_the_alpha_of_plain_ones(folder, run, photo, trimap):
    ran = run(f"matte '{photo}' --trimap {trimap} --quality fast --alpha out.png")
    assert ran.exit_code == 0, ran.stderr
    with Image.open(folder / "out.png") as picture:
        alpha = np.asarray(picture)
    (folder / "out.png").unlink()
    assert alpha.shape == SIZE
    assert (alpha[:10] == 0).all()
    assert (alpha[-10:] == 255).all()
    assert len(np.unique(alpha[10:-10])) > 2
