import os

import fsspec
import pytest

from atnet.files import journal
from atnet.files.journal import appending, read_journal, resume
from atnet.files.storage import StoragePath


@pytest.fixture
def path(tmp_path):
    """A journal of three entries."""
    path = tmp_path / "rows.jsonl"
    with appending(path) as append:
        for number in range(3):
            append({"name": f"scene{number}", "sad": number / 3})
    return path


def test_entries_come_back_as_they_were_added(path):
    assert read_journal(path)[1] == {"name": "scene1", "sad": 1 / 3}
    assert len(read_journal(path)) == 3


def test_an_entry_is_on_disk_when_the_call_returns(tmp_path, monkeypatch):
    synced = []
    monkeypatch.setattr(os, "fsync", lambda number: synced.append(os.fstat(number).st_size))
    with appending(tmp_path / "rows.jsonl") as append:
        append({"name": "a"})
        assert read_journal(tmp_path / "rows.jsonl") == [{"name": "a"}]
        assert synced == [len(b'{"name": "a"}\n')]


def test_no_file_is_no_entries(tmp_path):
    assert read_journal(tmp_path / "rows.jsonl") == []


@pytest.mark.parametrize("cut", range(1, 12))
def test_a_last_line_that_was_cut_off_is_left_out(path, cut):
    path.write_bytes(path.read_bytes()[:-cut])
    whole = 3 if cut == 1 else 2  # only the line's end is missing
    assert [entry["name"] for entry in read_journal(path)] == ["scene0", "scene1", "scene2"][:whole]


def test_after_a_cut_line_a_resumed_run_adds_whole_lines(path):
    path.write_bytes(path.read_bytes()[:-5])
    assert len(resume(path, lambda _: True, wanted=True)) == 2
    with appending(path) as append:
        append({"name": "scene2"})
    assert [entry["name"] for entry in read_journal(path)] == ["scene0", "scene1", "scene2"]


def test_what_does_not_hold_any_more_leaves_the_file(path):
    kept = resume(path, lambda entry: entry["name"] != "scene1", wanted=True)
    assert [entry["name"] for entry in kept] == ["scene0", "scene2"]
    assert read_journal(path) == kept


def test_entries_are_not_overwritten_unasked(path):
    before = path.read_bytes()
    with pytest.raises(ValueError, match=r"rows\.jsonl: has 3 rows; continue with --resume"):
        resume(path, lambda _: True, wanted=False)
    assert path.read_bytes() == before


@pytest.mark.parametrize("line", [b"{", b"[1]", b"null", b"\xff"])
def test_another_file_is_refused_by_the_number_of_its_line(path, line):
    path.write_bytes(line + b"\n" + path.read_bytes())
    with pytest.raises(ValueError, match=r"rows\.jsonl: line 1 is no entry of a journal"):
        read_journal(path)


@pytest.fixture
def stored():
    yield StoragePath("memory://out/rows.jsonl")
    fsspec.filesystem("memory").store.clear()


def test_in_a_storage_it_is_put_as_a_whole_each_minute_and_however_the_run_ends(
    stored, monkeypatch
):
    assert read_journal(stored) == []
    assert resume(stored, lambda _: True, wanted=False) == []

    def stopped():
        with appending(stored) as append:
            append({"name": "a"})
            assert read_journal(stored) == []
            monkeypatch.setattr(journal, "SAVED_EACH", -1)
            append({"name": "b"})
            assert read_journal(stored) == [{"name": "a"}, {"name": "b"}]
            monkeypatch.setattr(journal, "SAVED_EACH", 60)
            append({"name": "c"})
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        stopped()
    assert [entry["name"] for entry in read_journal(stored)] == ["a", "b", "c"]
    with pytest.raises(ValueError, match="has 3 rows; continue with --resume"):
        resume(stored, lambda _: True, wanted=False)
    assert resume(stored, lambda entry: entry["name"] != "b", wanted=True) == [
        {"name": "a"}, {"name": "c"}
    ]  # fmt: skip
    with appending(stored) as append:
        append({"name": "d"})
    assert [entry["name"] for entry in read_journal(stored)] == ["a", "c", "d"]
