"""The README and the docstrings do what they say."""

import doctest
import importlib
import re
from pathlib import Path

import numpy as np
import pytest

from atnet.files.images import read_image, write_image
from atnet.jobs.photo import ASSETS

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text(encoding="utf-8")
NEEDS_TORCH = {"atnet.models.export"}
MODULES = sorted(
    name
    for path in (ROOT / "atnet").rglob("*.py")
    if (name := ".".join(path.relative_to(ROOT).with_suffix("").parts)) not in NEEDS_TORCH
    and ">>>" in path.read_text(encoding="utf-8")
)


@pytest.mark.parametrize("name", MODULES)
def test_examples_in_docstrings_run(name):
    result = doctest.testmod(importlib.import_module(name))
    assert result.attempted > 0
    assert result.failed == 0


def test_the_readme_example_runs(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    write_image("photo.jpg", read_image(ASSETS / "lemur.png"))
    (tmp_path / "trimap.png").write_bytes((ASSETS / "lemur_trimap.png").read_bytes())
    (example,) = re.findall(r"```python\n(.*?)```", README, flags=re.DOTALL)
    exec(compile(example, "README.md", "exec"), {})  # noqa: S102  (our own text)
    assert read_image_quietly("cutout.png").shape == (440, 680, 3)


def read_image_quietly(path):
    with pytest.warns(UserWarning, match="transparent"):
        return read_image(path)


def test_files_that_the_readme_names_exist():
    for target in re.findall(r"\]\(([^)#:]+)\)", README):
        assert (ROOT / target).exists(), target


def test_the_two_commands_are_the_ones_that_ci_runs():
    script = (ROOT / ".ci" / "run").read_text(encoding="utf-8")
    assert "pip install . && atnet demo" in README
    assert "pip install -e '.[test]' && pytest" in README
    assert "atnet demo" in script
    assert re.search(r"pip install .*-e '\.\[test\]' && pytest", script)


def test_quality_figures_are_those_of_the_card():
    card = (ROOT / "atnet" / "weights" / "atnet-vgg16.md").read_text(encoding="utf-8")

    def figures(text):
        rows = re.findall(r"\| (\d\.\d\d) \| (0\.\d{4}) \| (\d\.\d\d) \| (\d\.\d\d) \|", text)
        return np.array(rows, float)

    assert len(figures(README)) == 6  # three qualities, two trimaps
    np.testing.assert_array_equal(figures(README), figures(card))
