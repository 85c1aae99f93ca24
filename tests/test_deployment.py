"""What is in deploy/ fits the command it starts."""

import re
from pathlib import Path

import pytest
import typer.main

from atnet.cli import app
from atnet.server.settings import Settings, parse_amount

DEPLOY = Path(__file__).parents[1] / "deploy"
FILES = sorted(path for path in DEPLOY.iterdir() if path.is_file())


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_options_of_the_service_exist(path):
    serve = typer.main.get_group(app).commands["serve"]
    known = {option for parameter in serve.params for option in parameter.opts}
    commands = re.findall(r"^(?:ExecStart|ENTRYPOINT).*serve(.*)$", path.read_text(), re.MULTILINE)
    for command in commands:
        assert set(re.findall(r"--[\w-]+", command)) <= known
    assert bool(commands) == (path.name in {"Dockerfile", "atnet.service"})


def test_proxies_let_through_what_the_service_takes():
    sizes = [
        re.findall(r"client_max_body_size (\w+);", (DEPLOY / "nginx.conf").read_text()),
        re.findall(r"max_size (\w+)", (DEPLOY / "Caddyfile").read_text()),
    ]
    assert [[parse_amount(size) for size in found] for found in sizes] == [
        [Settings().max_body]
    ] * 2
    for name in ("nginx.conf", "Caddyfile"):
        (seconds,) = re.findall(r"timeout (\d{3})s", (DEPLOY / name).read_text())
        assert float(seconds) > Settings().timeout


def test_the_image_runs_as_a_user_of_no_rights_and_lets_work_end():
    lines = (DEPLOY / "Dockerfile").read_text().splitlines()
    user, entry = (
        lines.index("USER 10001"),
        [line.split(" ")[0] for line in lines].index("ENTRYPOINT"),
    )
    assert user < entry
    assert "USER root" not in lines
    unit = (DEPLOY / "atnet.service").read_text()
    (stop,) = re.findall(r"TimeoutStopSec=(\d+)", unit)
    assert float(stop) > 2 * Settings().timeout
