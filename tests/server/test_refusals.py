import pytest
from fastapi import FastAPI, HTTPException
from fastapi.testclient import TestClient

from atnet.server.refusals import Refusal, StoppedError, tell_problems, too_busy
from server_files import refused

ERRORS = {
    "refusal": (Refusal(401, "a key is needed", WWW_Authenticate="Bearer"), 401, "a key is needed"),
    "busy": (too_busy("come again"), 503, "come again"),
    "value": (ValueError("image:\n  is wrong"), 422, "image: is wrong"),
    "http": (HTTPException(418, "teapot"), 418, "teapot"),
    "bug": (RuntimeError("secret path /root"), 500, "the service failed; its log says why"),
}


@pytest.fixture(scope="module")
def client():
    app = FastAPI()
    tell_problems(app)

    @app.get("/raises/{name}")
    async def raises(name: str, number: int = 0):
        del number
        raise ERRORS[name][0] if name in ERRORS else StoppedError

    return TestClient(app, raise_server_exceptions=False)


@pytest.mark.parametrize("name", ERRORS)
def test_whatever_goes_wrong_is_a_problem(client, name):
    _, status, words = ERRORS[name]
    assert refused(client.get(f"/raises/{name}"), status) == words


def test_headers_go_along(client):
    assert client.get("/raises/refusal").headers["www-authenticate"] == "Bearer"
    assert int(client.get("/raises/busy").headers["retry-after"]) > 0


def test_unknown_paths_methods_and_wrong_queries_are_problems(client):
    refused(client.get("/nothing"), 404)
    refused(client.post("/raises/value"), 405)
    assert "number is 'x': " in refused(client.get("/raises/value?number=x"), 422)


def test_nobody_is_told_of_stopped_work(client):
    assert client.get("/raises/other").status_code == 499
