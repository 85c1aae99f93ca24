import sys

import pytest
from typer.testing import CliRunner

from atnet.cli import app


@pytest.fixture
def run(monkeypatch):
    monkeypatch.delenv("ATNET_API_KEYS", raising=False)
    return lambda *arguments: CliRunner().invoke(app, ["serve", *map(str, arguments)])


def test_without_the_extra_it_says_what_to_install(run, monkeypatch):
    monkeypatch.setitem(sys.modules, "fastapi", None)
    ran = run()
    assert ran.exit_code == 1
    assert ran.stderr == (
        "atnet: error: the service needs other packages: pip install 'atnet[serve]'\n"
    )


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (["--preset", "none"], "preset is 'none'"),
        (["--max-body", "much"], "'much' is no amount"),
        (["--max-pixels", "0MP"], "max_pixels is 0; it must be above 0"),
        (["--api-keys-file", "none"], "none"),
        (["--max-memory", "1MB"], "the smallest tile needs"),
    ],
)
def test_what_cannot_be_meant_is_told_in_a_line(run, options, words, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    ran = run(*options)
    assert ran.exit_code == 1
    assert words in ran.stderr
    assert ran.stderr.count("\n") == 1


def test_keys_are_no_arguments(run):
    assert run("--api-key", "0123456789abcdef").exit_code == 2


def test_all_that_is_decided_gets_there(run, monkeypatch, tmp_path):
    from atnet.server import app as application
    from atnet.server import listening

    (tmp_path / "keys").write_text("0123456789abcdef\n")
    seen = []

    class Server:
        def run(self):
            seen.append("ran")

    monkeypatch.setattr(application, "create_app", seen.append)
    monkeypatch.setattr(listening, "server", lambda *given: seen.append(given[1:]) or Server())
    ran = run(
        "--host", "127.0.0.9", "--port", 9, "--quality", "best", "--queue", 3, "--max-body", "2MB",
        "--max-pixels", "5MP", "--timeout", 7, "--api-keys-file", tmp_path / "keys",
        "--allow-origin", "https://a.example", "--host-name", "b.example",
    )  # fmt: skip
    assert ran.exit_code == 0, ran.stderr
    settings, address, ended = seen
    assert (settings.quality, settings.places, settings.timeout) == ("best", 3, 7)
    assert (settings.max_body, settings.max_pixels) == (2_000_000, 5_000_000)
    assert settings.keys == ("0123456789abcdef",)
    assert (settings.origins, settings.host_names) == (("https://a.example",), ("b.example",))
    assert address == ("127.0.0.9", 9)
    assert ended == "ran"
