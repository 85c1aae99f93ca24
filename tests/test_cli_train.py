import subprocess
import sys
from pathlib import Path

import pytest
from typer.testing import CliRunner

from atnet.cli import app

ROOT = Path(__file__).parents[1]


def invoke(*arguments):
    return CliRunner().invoke(app, ["train", *map(str, arguments)])


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("[data]\nbath = 3", "unknown data.bath"),
        ('[data]\nfolder = "nowhere"\n[network]\nencoder_weights = "none"', "nowhere"),
        ("[data]\nbatch = 0", "data.batch is 0"),
    ],
)
def test_mistakes_are_one_line(tmp_path, monkeypatch, text, message):
    monkeypatch.chdir(tmp_path)
    Path("run.toml").write_text(text)
    result = invoke("encoder-decoder", "--config", "run.toml")
    assert result.exit_code == 1
    assert message in result.stderr
    assert len(result.stderr.strip().splitlines()) == 1
    assert [path.name for path in tmp_path.iterdir()] == ["run.toml"]


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ("data.bath=3", "unknown data.bath; allowed are folder, backgrounds, size, batch"),
        ("data.batch=many", "data.batch is 'many'; it must be a valid integer"),
        ("batch=8", "'batch=8' changes no key; expected table.key=value"),
        ("data.folder=nowhere", "nowhere"),
    ],
)
def test_changes_of_single_keys_are_checked_as_the_file(tmp_path, monkeypatch, change, message):
    monkeypatch.chdir(tmp_path)
    text = '[data]\nfolder = "here"\n[network]\nencoder_weights = "none"'
    Path("run.toml").write_text(text)
    result = invoke("encoder-decoder", "--config", "run.toml", "--set", change)
    assert result.exit_code == 1
    assert message in result.stderr
    assert len(result.stderr.strip().splitlines()) == 1


def test_stages_and_places_that_do_not_exist_are_refused():
    assert invoke("encoder").exit_code == 2
    assert "coordinator" in invoke("joint", "--processes", 2).stderr


@pytest.mark.parametrize("name", ["train_encoder_decoder.py", "train_refinement.py"])
def test_the_originals_commands_are_atnet_train(name):
    ran = subprocess.run(
        [sys.executable, ROOT / name, "--help"], capture_output=True, text=True, check=True
    )
    assert "--config" in ran.stdout
    assert "Trains a stage" in ran.stdout
