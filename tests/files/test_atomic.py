import os
import signal
import subprocess
import sys
import time

import pytest

from atnet.files import atomic
from atnet.files.atomic import (
    check_target,
    remove_leftovers,
    replacing,
    write_all,
    write_bytes,
    write_text,
)


def content(folder):
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def test_a_file_is_replaced_and_a_link_is_followed(tmp_path):
    target, link = tmp_path / "a.bin", tmp_path / "link.bin"
    target.write_bytes(b"long content before")
    link.symlink_to(target)
    write_bytes(link, b"after")
    assert target.read_bytes() == b"after"
    assert link.is_symlink()


def test_text_is_utf8_with_its_own_line_ends(tmp_path):
    write_text(tmp_path / "a.txt", "³\n")
    assert content(tmp_path) == {"a.txt": b"\xc2\xb3\n"}


def test_an_error_in_the_block_leaves_the_file_as_it_was(tmp_path):
    target = tmp_path / "a.bin"
    target.write_bytes(b"before")
    with pytest.raises(TypeError), replacing(target) as file:
        file.write("half")  # pyright: ignore[reportArgumentType, reportCallIssue]
    assert content(tmp_path) == {"a.bin": b"before"}


def test_nobody_sees_the_file_before_it_is_whole(tmp_path):
    target = tmp_path / "a.bin"
    with replacing(target) as file:
        file.write(b"half")
        file.flush()
        assert not target.exists()
        file.write(b" and half")
    assert content(tmp_path) == {"a.bin": b"half and half"}


@pytest.mark.parametrize("function", ["fsync", "replace"])
def test_what_the_system_says_is_one_line_with_the_name(tmp_path, monkeypatch, function):
    def full_disk(*_):
        raise OSError(28, "No space left on device")

    owner = os if function == "fsync" else atomic.Path
    monkeypatch.setattr(owner, function, full_disk)
    with pytest.raises(OSError, match=r"^.*a\.bin: cannot be written: No space left on device$"):
        write_bytes(tmp_path / "a.bin", b"x")
    assert content(tmp_path) == {}


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("x" * 300, "cannot be written: File name too long"),
        ("nul\0.bin", "cannot be written: embedded null"),
        ("new/a.bin", "new does not exist: create it first"),
        ("file/a.bin", "file does not exist: create it first"),
        ("folder", "exists and is not a file"),
        ("circle", "cannot be written: its links go in a circle"),
    ],
)
@pytest.mark.parametrize("function", [check_target, lambda path: write_bytes(path, b"x")])
def test_what_cannot_be_written_is_refused_and_leaves_nothing(tmp_path, name, message, function):
    (tmp_path / "file").write_bytes(b"x")
    (tmp_path / "folder").mkdir()
    (tmp_path / "circle").symlink_to(tmp_path / "circle")
    before = sorted(path.name for path in tmp_path.iterdir())
    with pytest.raises(OSError, match=message) as caught:
        function(tmp_path / name)
    assert "\n" not in str(caught.value)
    assert sorted(path.name for path in tmp_path.iterdir()) == before


def test_of_several_files_none_is_replaced_if_one_cannot_be_written(tmp_path):
    (tmp_path / "a.bin").write_bytes(b"before")
    with pytest.raises(OSError, match="does not exist"):
        write_all({tmp_path / "a.bin": b"after", tmp_path / "new" / "b.bin": b"x"})
    assert content(tmp_path) == {"a.bin": b"before"}
    write_all({tmp_path / "a.bin": b"after", tmp_path / "b.bin": b"x"})
    assert content(tmp_path) == {"a.bin": b"after", "b.bin": b"x"}


def test_all_bytes_are_on_disk_before_the_first_name_changes(tmp_path, monkeypatch):
    """Or a loss of power could leave a name without its bytes, or one file of several."""
    events, replace = [], atomic.Path.replace
    monkeypatch.setattr(os, "fsync", lambda number: events.append(os.fstat(number).st_size))

    def renamed(temporary, target):
        events.append(target.name)
        return replace(temporary, target)

    monkeypatch.setattr(atomic.Path, "replace", renamed)
    write_bytes(tmp_path / "a.bin", b"four")
    assert events == [4, "a.bin"]
    events.clear()
    write_all({tmp_path / "a.bin": b"after", tmp_path / "b.bin": b"x"})
    assert events[:2] == [5, 1]
    assert {"a.bin", "b.bin"} <= set(events[2:])


def test_a_folder_that_takes_no_files_is_found_first(tmp_path, monkeypatch):
    """The system is asked whether names can be added there; of an administrator it says yes."""
    asked = []
    monkeypatch.setattr(os, "access", lambda *question: asked.append(question))
    with pytest.raises(OSError, match=r"a\.bin: cannot be written: the folder .* takes no files"):
        check_target(tmp_path / "a.bin")
    assert asked == [(tmp_path, os.W_OK | os.X_OK)]


def test_a_target_that_can_be_written_is_not_touched(tmp_path):
    (tmp_path / "a.bin").write_bytes(b"x")
    for name in ("a.bin", "b.bin"):
        check_target(tmp_path / name)
    assert content(tmp_path) == {"a.bin": b"x"}


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no SIGKILL")
def test_a_kill_leaves_the_old_file_or_the_new_one(tmp_path):
    """Killed at moments spread over the writing of 2 x 64 MB, in turns of two contents."""
    target = tmp_path / "a.bin"
    target.write_bytes(b"a" * 2**26)
    code = (
        "import sys; from atnet.files.atomic import write_bytes\n"
        "print(flush=True)\n"
        "while True:\n"
        "    for letter in (b'b', b'c'): write_bytes(sys.argv[1], letter * 2**26)\n"
    )
    for number in range(5):
        writer = subprocess.Popen([sys.executable, "-c", code, target], stdout=subprocess.PIPE)
        assert writer.stdout is not None
        writer.stdout.readline()
        time.sleep(0.03 * number)
        writer.send_signal(signal.SIGKILL)
        writer.communicate()
        found = target.read_bytes()
        assert len(found) == 2**26
        assert len(set(found)) == 1


def test_only_temporary_files_of_killed_runs_are_removed(tmp_path):
    leftover, fresh = f".{'0a' * 8}.part", f".{'1b' * 8}.part"
    kept = ["x.part", ".x.part", f".{'0a' * 8}.part.png", "a/photo.png", f".{'0A' * 8}.part"]
    (tmp_path / "a").mkdir()
    for name in [leftover, f"a/{leftover}", fresh, *kept]:
        (tmp_path / name).write_bytes(b"x")
    for name in [leftover, f"a/{leftover}"]:
        os.utime(tmp_path / name, (0, 0))
    (tmp_path / f".{'2c' * 8}.part").symlink_to("x.part")
    remove_leftovers(tmp_path, older=3600)
    left = {path.relative_to(tmp_path).as_posix() for path in tmp_path.rglob("*")}
    assert left == {"a", fresh, f".{'2c' * 8}.part", *kept}
    remove_leftovers(tmp_path)
    left = {path.relative_to(tmp_path).as_posix() for path in tmp_path.rglob("*")}
    assert left == {"a", f".{'2c' * 8}.part", *kept}
