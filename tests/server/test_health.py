from server_files import client_of, refused, service_in, settings


def test_ready_is_who_has_a_place_left_and_alive_who_answers(tmp_path):
    with client_of(settings(tmp_path, places=1)) as client:
        assert client.get("/healthz").json() == {"status": "alive"}
        assert client.get("/readyz").json() == {"status": "ready"}
        with service_in(client).mattings.place():
            assert client.get("/healthz").status_code == 200
            assert "all 1 places" in refused(client.get("/readyz"), 503)
        assert client.get("/readyz").status_code == 200
