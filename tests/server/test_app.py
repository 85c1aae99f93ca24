import pytest

from atnet.server.app import PAGE, create_app
from server_files import client_of, refused, settings


@pytest.fixture(scope="module")
def client(tmp_path_factory):
    with client_of(settings(tmp_path_factory.mktemp("network"))) as client:
        yield client


def test_the_page_is_served_with_its_types(client):
    answer = client.get("/")
    assert answer.headers["content-type"].startswith("text/html")
    assert answer.content == (PAGE / "index.html").read_bytes()
    for path in PAGE.rglob("*.js"):
        answer = client.get(f"/page/{path.relative_to(PAGE)}")
        assert answer.headers["content-type"].startswith("text/javascript")


@pytest.mark.parametrize(
    "path",
    ["../app.py", "..%2fapp.py", "%2e%2e/app.py", "....//app.py", "/etc/passwd", "..\\app.py",
     "%00", "page/../../app.py", ""],
)  # fmt: skip
def test_nothing_beside_the_page_is_served(client, path):
    refused(client.get(f"/page/{path}"), 404)


def test_there_is_no_page_of_documentation_that_loads_scripts_from_elsewhere(client):
    for path in ("/docs", "/redoc"):
        refused(client.get(path), 404)


def test_nothing_reports_to_elsewhere(tmp_path, monkeypatch):
    """FastAPI would trace requests if it were told to, by the environment even."""
    monkeypatch.setenv("FASTAPI_OTEL_AUTO_CONFIGURE", "true")
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", "http://127.0.0.1:9")
    app = create_app(settings(tmp_path))
    wanted = {"auto_configure": False, "tracing": False, "metrics": False, "logs": False}
    assert {name: app._telemetry.get(name) for name in wanted} == wanted
