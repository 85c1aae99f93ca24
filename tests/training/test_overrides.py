import pytest

from atnet.training.overrides import apply_changes


@pytest.mark.parametrize(
    ("change", "value"),
    [
        ("data.value=8", 8),
        (" data.value = 8 ", 8),
        ("data.value=1e-4", 1e-4),
        ("data.value=true", True),
        ("data.value=atnet-lite", "atnet-lite"),
        ('data.value="8"', "8"),
        ("data.value='my photos'", "my photos"),
        ("data.value=my photos=all", "my photos=all"),
        ("data.value=", ""),
        ("data.value=[1, 2]", [1, 2]),
    ],
)
def test_values_are_tomls_or_text(change, value):
    assert apply_changes({}, [change]) == {"data": {"value": value}}


def test_other_keys_stay_and_the_last_change_counts():
    tables = {"data": {"batch": 16, "size": 384}, "run": {"keep": 2}, "name": 3}
    changed = apply_changes(tables, ["data.batch=8", "data.batch=4", "name.key=1"])
    assert changed == {"data": {"batch": 4, "size": 384}, "run": {"keep": 2}, "name": 3}
    assert tables["data"] == {"batch": 16, "size": 384}


@pytest.mark.parametrize(
    "change", ["", "batch=8", "data.batch", "data.batch 8", "a.b.c=1", "a.b=1\nc.d=2"]
)
def test_what_changes_no_key_is_refused(change):
    with pytest.raises(ValueError, match=r"changes no key; expected table\.key=value"):
        apply_changes({}, [change])
