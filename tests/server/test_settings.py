import pytest

from atnet.server.settings import Settings, parse_amount, read_keys


@pytest.mark.parametrize(
    ("text", "amount"),
    [("7", 7), ("100MB", 10**8), ("1.5 GB", 1.5e9), ("40mp", 4e7), ("2k", 2000), (" 3M ", 3e6)],
)
def test_amounts(text, amount):
    assert parse_amount(text) == amount


@pytest.mark.parametrize("text", ["", "-1", "1e9", "MB", "5 apples", "1.2.3MB", "9" * 20])
def test_what_is_no_amount_is_refused(text):
    with pytest.raises(ValueError, match="is no amount; give a number, or such as 100MB"):
        parse_amount(text)


@pytest.mark.parametrize("name", ["places", "max_body", "max_pixels", "timeout", "drafts"])
def test_nothing_may_be_0(name):
    with pytest.raises(ValueError, match=f"{name} is 0; it must be above 0"):
        Settings(**{name: 0})  # pyright: ignore[reportArgumentType]


def test_keys_are_read_from_a_file_or_the_environment(tmp_path, monkeypatch):
    monkeypatch.setenv("ATNET_API_KEYS", "from-environment-1,from-environment-2\n")
    assert read_keys(None) == ("from-environment-1", "from-environment-2")
    (tmp_path / "keys").write_text("first-key-of-file\n\nsecond-key-of-file\n")
    assert read_keys(tmp_path / "keys") == ("first-key-of-file", "second-key-of-file")
    monkeypatch.delenv("ATNET_API_KEYS")
    assert read_keys(None) == ()


def test_an_empty_file_of_keys_does_not_open_the_service(tmp_path):
    (tmp_path / "keys").write_text("\n")
    with pytest.raises(ValueError, match="has no API key"):
        read_keys(tmp_path / "keys")
    with pytest.raises(OSError, match="none"):
        read_keys(tmp_path / "none")


@pytest.mark.parametrize(
    "key", ["too-short-key", "sixteen characters with spaces", "umlaut-ä-umlaut-ä-"]
)
def test_keys_that_cannot_be_meant_are_refused_and_not_shown(key):
    with pytest.raises(ValueError, match="API key") as caught:
        Settings(keys=(key,))
    assert key not in str(caught.value)
