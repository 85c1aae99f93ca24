"""The service does what its OpenAPI says, whatever is sent."""

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from atnet.server.app import create_app
from server_files import SIZE, both, client_of, pixels_of
from server_files import settings as service_settings

ROUTES = {
    "/v1/alpha", "/v1/cutout", "/v1/trimap", "/v1/drafts", "/v1/drafts/{draft_id}",
    "/v1/drafts/{draft_id}/trimap", "/v1/drafts/{draft_id}/matte",
    "/v1/drafts/{draft_id}/image.png", "/v1/drafts/{draft_id}/trimap.png",
    "/v1/drafts/{draft_id}/alpha.png", "/v1/drafts/{draft_id}/cutout.png",
    "/v1/drafts/{draft_id}/foreground.png", "/healthz", "/readyz", "/metrics",
}  # fmt: skip


CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_schema_conformance,
]


@pytest.fixture(scope="module")
def app(tmp_path_factory):
    return create_app(service_settings(tmp_path_factory.mktemp("network")))


@pytest.fixture(scope="module")
def described(app):
    return schemathesis.openapi.from_asgi("/openapi.json", app, headers={"Host": "127.0.0.1"})


def test_every_route_is_described_with_its_form_and_problems(app):
    described = app.openapi()
    assert set(described["paths"]) == ROUTES
    form = described["paths"]["/v1/alpha"]["post"]["requestBody"]["content"]["multipart/form-data"]
    parts = form["schema"]["properties"]
    assert set(parts) == {"image", "trimap", "mask", "scribbles", "box"}
    assert parts["box"]["example"]
    for path, methods in described["paths"].items():
        for method in methods.values():
            for status, answer in method["responses"].items():
                if int(status) >= 400:
                    assert set(answer["content"]) == {"application/problem+json"}, (path, status)
            assert {"401", "403", "421"} <= set(method["responses"])


@pytest.mark.parametrize("path", sorted(ROUTES))
def test_whatever_is_sent_the_answer_is_as_described(described, path):
    for method in described[path]:

        @settings(
            max_examples=12,
            deadline=None,
            derandomize=True,
            database=None,
            phases=[Phase.generate],
            suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much],
        )
        @given(described[path][method].as_strategy())
        def check(case):
            case.call_and_validate(headers={"Host": "127.0.0.1"}, checks=CHECKS)

        check()


def test_the_example_in_the_documentation_of_a_box_is_one(app, tmp_path):
    box = app.openapi()["paths"]["/v1/trimap"]["post"]["requestBody"]["content"][
        "multipart/form-data"
    ]["schema"]["properties"]["box"]
    assert len(box["example"].split(",")) == 4
    with client_of(service_settings(tmp_path)) as client:
        assert pixels_of(client.post("/v1/alpha", files=both())).shape == SIZE[::-1]
