import pytest

from server_files import both, client_of, refused, settings

KEY = "0123456789abcdef-secret"


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("network")


@pytest.fixture(scope="module")
def client(folder):
    with client_of(settings(folder, host_names=("Matting.example",))) as client:
        yield client


@pytest.fixture(scope="module")
def locked(folder):
    with client_of(settings(folder, keys=("another-key-of-some-length", KEY))) as client:
        yield client


@pytest.mark.parametrize(
    "host",
    ["127.0.0.1:8000", "127.0.0.1:1", "localhost", "LOCALHOST:8000", "[::1]:8000", "192.168.1.5:80",
     "matting.example", "MATTING.example:443"],
)  # fmt: skip
def test_names_that_are_known_and_addresses_are_answered(client, host):
    assert client.get("/healthz", headers={"host": host}).status_code == 200


@pytest.mark.parametrize(
    "host",
    ["evil.example", "localhost.evil.example", "127.0.0.1.evil.example", "", "matting.example.",
     "evil@localhost:x", "localhost:99999", "[::1", "2130706433", "127.1"],
)  # fmt: skip
def test_other_names_are_refused(client, host):
    """A name that somebody else makes point here: DNS rebinding."""
    detail = refused(client.get("/", headers={"host": host}), 421)
    assert repr(host) in detail


@pytest.mark.parametrize(
    "origin", ["https://evil.example", "null", "http://127.0.0.1:9", "file://"]
)
def test_pages_of_others_may_not_call(client, origin):
    answer = client.post("/v1/alpha", files=both(), headers={"origin": origin})
    assert "--allow-origin" in refused(answer, 403)
    assert "access-control-allow-origin" not in answer.headers


def test_the_page_itself_may_call(client):
    for origin in ("http://127.0.0.1:8000", "https://127.0.0.1:8000"):  # behind a proxy, TLS is its
        assert client.get("/healthz", headers={"origin": origin}).status_code == 200


def test_pages_that_are_allowed_may_call_and_no_others(folder):
    origin = "https://shop.example"
    with client_of(settings(folder, origins=(origin,))) as client:
        asks = {"origin": origin, "access-control-request-method": "POST"}
        answer = client.options("/v1/alpha", headers=asks)
        assert answer.status_code == 200
        assert answer.headers["access-control-allow-origin"] == origin
        answer = client.post("/v1/alpha", files=both(), headers={"origin": origin})
        assert answer.status_code == 200
        assert answer.headers["access-control-allow-origin"] == origin
        assert "cross-origin-resource-policy" not in answer.headers
        refused(client.get("/healthz", headers={"origin": "https://other.example"}), 403)


def test_browsers_are_told_what_the_page_may_do(client):
    for path in ("/", "/page/index.html", "/healthz", "/nothing"):
        headers = client.get(path).headers
        policy = dict(rule.split(" ", 1) for rule in headers["content-security-policy"].split("; "))
        assert policy["default-src"] == policy["base-uri"] == policy["form-action"] == "'none'"
        assert policy["frame-ancestors"] == "'none'"
        assert policy["script-src"] == policy["style-src"] == policy["connect-src"] == "'self'"
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["referrer-policy"] == "no-referrer"
        assert headers["cross-origin-resource-policy"] == "same-origin"


def test_pictures_are_not_kept_by_caches_and_the_page_is_asked_for_anew(client):
    assert client.post("/v1/alpha", files=both()).headers["cache-control"] == "no-store"
    assert client.get("/").headers["cache-control"] == "no-cache"


@pytest.mark.parametrize(
    "given",
    [None, KEY, f"Bearer {KEY[:-1]}", f"Bearer {KEY}x", f"Basic {KEY}", "Bearer", "Bearer \xe9"],
)
def test_without_a_key_nothing_is_done(locked, given):
    headers = {} if given is None else {"authorization": given.encode("latin-1")}
    for method, path in (("POST", "/v1/alpha"), ("POST", "/v1/drafts"), ("GET", "/metrics"),
                         ("DELETE", "/v1/drafts/x")):  # fmt: skip
        answer = locked.request(method, path, headers=headers)
        assert "Bearer KEY" in refused(answer, 401)
        assert answer.headers["www-authenticate"] == "Bearer"
        assert KEY not in answer.text


@pytest.mark.parametrize("key", [KEY, "another-key-of-some-length"])
def test_any_of_the_keys_opens(locked, key):
    for scheme in ("Bearer", "bearer"):
        headers = {"authorization": f"{scheme} {key}"}
        assert locked.post("/v1/alpha", files=both(), headers=headers).status_code == 200


def test_the_page_health_and_a_drafts_pictures_need_no_key(locked):
    for path in ("/", "/page/index.html", "/healthz", "/readyz", "/openapi.json"):
        assert locked.get(path).status_code == 200
    headers = {"authorization": f"Bearer {KEY}"}
    address = locked.post("/v1/drafts?example=true", headers=headers).headers["location"]
    assert locked.get(f"{address}/image.png").status_code == 200  # the address is the secret
    refused(locked.post(f"{address}/matte"), 401)


def test_keys_do_not_show(folder):
    assert KEY not in repr(settings(folder, keys=(KEY,)))
