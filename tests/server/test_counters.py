import pytest
from prometheus_client.parser import text_string_to_metric_families

from server_files import both, client_of, settings


@pytest.fixture
def client(tmp_path):
    with client_of(settings(tmp_path)) as client:
        yield client


def samples(client):
    answer = client.get("/metrics")
    assert answer.headers["content-type"].startswith("text/plain; version=0.0.4")
    return {
        (sample.name, *sorted(sample.labels.items())): sample.value
        for family in text_string_to_metric_families(answer.text)
        for sample in family.samples
    }


def counted(found, route, status, method="POST"):
    labels = {"method": method, "route": route, "status": str(status)}
    return found.get(("atnet_answers_total", *sorted(labels.items())), 0)


def test_answers_are_counted_by_route_and_status(client):
    client.post("/v1/alpha", files=both())
    client.post("/v1/alpha", files=both())
    client.post("/v1/alpha")
    found = samples(client)
    assert counted(found, "/v1/alpha", 200) == 2
    assert counted(found, "/v1/alpha", 415) == 1
    assert found["atnet_mattings_seconds",] > 0
    assert found["atnet_mattings_in_queue",] == 0
    assert found["atnet_queue_places",] == 16


def test_secrets_and_what_strangers_make_up_are_no_labels(client):
    address = client.post("/v1/drafts?example=true").headers["location"]
    client.get(f"{address}/image.png")
    for number in range(20):
        client.get(f"/made-up/{number}")
        client.request(f"MADEUP{number}", "/healthz")
    text = client.get("/metrics").text
    assert address.rpartition("/")[2] not in text
    assert "made-up" not in text
    assert text.count("MADEUP") == 0
    found = samples(client)
    assert counted(found, "/v1/drafts/{draft_id}/image.png", 200, "GET") == 1
    assert found["atnet_drafts",] == 1
    assert found["atnet_draft_bytes",] == 440 * 680 * 18
