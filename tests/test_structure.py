"""What no single file can promise: light imports, a small public surface, a mirrored test tree."""

import ast
import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

import atnet

ROOT = Path(__file__).parents[1]
SOURCES = sorted((ROOT / "atnet").rglob("*.py"))

# Exercised through the public functions beside them; the kinds of foregrounds share test_kinds.py.
WITHOUT_OWN_TESTS = {
    "__init__.py",
    "__main__.py",
    "choices.py",
    "errors.py",
    "version.py",
    "common.py",
    "matte.py",
    "models.py",
}


def in_fresh_process(code):
    return subprocess.run(
        [sys.executable, "-W", "error", "-c", code], capture_output=True, text=True, check=False
    )


@pytest.mark.parametrize(
    "heavy", ["keras", "jax", "torch", "tensorflow", "pandas", "ray", "scipy", "jinja2"]
)
def test_the_public_names_are_light(heavy):
    run = in_fresh_process(
        "import sys, atnet\n"
        "assert [getattr(atnet, name) for name in dir(atnet)]\n"
        f"sys.exit({heavy!r} in sys.modules)"
    )
    assert run.returncode == 0, run.stderr


@pytest.mark.parametrize("command", [[], ["matte"], ["models"], ["evaluate"], ["train"], ["serve"]])
def test_help_is_lighter_still(command):
    arguments = [*command, "--help"]
    run = in_fresh_process(
        "import sys; from atnet.cli import app\n"
        f"app({arguments}, standalone_mode=False)\n"
        "sys.exit(bool({'numpy', 'cv2', 'PIL'} & set(sys.modules)))"
    )
    assert run.returncode == 0, run.stderr
    assert "Usage" in run.stdout


def test_the_public_surface_is_the_documented_one():
    assert [name for name in sorted(dir(atnet)) if not name.startswith("_")] == [
        "ImageError",
        "MaskModel",
        "MaskModelError",
        "MaskSettings",
        "Matting",
        "PRESETS",
        "PresetError",
        "Result",
        "Scores",
        "TrimapError",
        "check_trimap",
        "composite",
        "cutout",
        "estimate_foreground",
        "matte",
        "read_grey",
        "read_image",
        "read_trimap",
        "score",
        "snap_trimap",
        "trimap_by_detail",
        "trimap_from_alpha",
        "trimap_from_box",
        "trimap_from_mask",
        "trimap_from_scribbles",
        "trimap_from_subject",
        "write_image",
    ]


def test_every_source_file_has_its_tests():
    tested = {path.name.removeprefix("test_") for path in (ROOT / "tests").rglob("test_*.py")}
    sources = {
        f"cli_{path.name}" if path.parent.name == "cli" else path.name
        for path in SOURCES
        if path.name not in WITHOUT_OWN_TESTS and path.parent.name != "kinds"
    }
    assert sources - tested == set()


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: str(path.relative_to(ROOT)))
def test_files_and_functions_keep_their_size(path):
    text = path.read_text(encoding="utf-8")
    assert text.count("\n") <= 300
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.FunctionDef):
            documented = ast.get_docstring(node) is not None
            first = node.body[1 if documented and len(node.body) > 1 else 0]
            assert (node.end_lineno or 0) - first.lineno < 60, f"{path.name}: {node.name}"
        if isinstance(node, ast.ClassDef):
            assert (node.end_lineno or 0) - node.lineno < 150, f"{path.name}: {node.name}"


def test_only_public_keras_is_used():
    for path in (ROOT / "atnet").rglob("*.py"):
        assert "keras.src" not in path.read_text(encoding="utf-8"), path


def test_extras_named_in_messages_exist():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    extras = set(project["optional-dependencies"])
    for path in SOURCES:
        for part in path.read_text(encoding="utf-8").split("atnet[")[1:]:
            assert part.split("]")[0] in extras, path


def test_the_map_names_everything_at_the_top_and_nothing_else():
    text = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
    results = re.findall(r"^/?([\w-]+)/$", (ROOT / ".gitignore").read_text(), flags=re.MULTILINE)

    def names(folder, ignored=()):
        paths = (path for path in folder.iterdir() if path.name not in ("__pycache__", *ignored))
        return {path.name + "/" * path.is_dir() for path in paths if path.name[0] != "."}

    rows = set(re.findall(r"^\| `([^`]+)` \|", text, flags=re.MULTILINE))
    assert rows == names(ROOT / "atnet")
    beside = re.findall(r"`([\w/]+(?:/|\.py))`", text.split("Beside it:")[1].split("\n\n")[0])
    outside = {name for name in names(ROOT, results) if name.endswith(("/", ".py"))}
    assert outside == {*beside, "atnet/"}
