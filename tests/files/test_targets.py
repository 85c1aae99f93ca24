import os
from pathlib import Path

import fsspec
import pytest

from atnet.files.problems import ProblemsError
from atnet.files.storage import StoragePath
from atnet.files.targets import check_absent, check_clashes, check_targets


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """A photograph, links to it, and a folder that answers to two letter cases."""
    monkeypatch.chdir(tmp_path)
    Path("photo.png").write_bytes(b"x")
    Path("link.png").symlink_to("photo.png")
    os.link("photo.png", "hard.png")
    Path("Case").mkdir()
    Path("cASE").symlink_to("Case")  # as a file system that ignores case shows it
    return tmp_path


@pytest.mark.parametrize(
    "name", ["photo.png", "./photo.png", "Case/../photo.png", "link.png", "hard.png"]
)
def test_an_output_never_replaces_an_input(folder, name):
    with pytest.raises(ValueError, match=r"alpha would replace the image .*; give it another name"):
        check_targets({"alpha": Path(name)}, {"image": folder / "photo.png"})
    with pytest.raises(ValueError, match="would replace the image"):
        check_targets({"alpha": folder / "photo.png"}, {"image": Path(name)})


@pytest.mark.parametrize("name", ["o.png", "./o.png", "Case/../o.png"])
def test_two_outputs_are_never_one_file_that_need_not_exist(folder, name):
    outputs = {"alpha": folder / "o.png", "cutout": Path(name)}
    with pytest.raises(ValueError, match=r"alpha and cutout are one file, .*; give each its own"):
        check_targets(outputs, {})


def test_letter_case_counts_where_the_file_system_minds_it(folder):
    check_targets({"alpha": folder / "o.png", "cutout": folder / "O.png"}, {})
    with pytest.raises(ValueError, match="are one file"):
        check_targets({"alpha": Path("Case/o.png"), "cutout": Path("Case/O.PNG")}, {})


@pytest.mark.usefixtures("folder")
def test_what_cannot_be_written_is_found_too():
    with pytest.raises(OSError, match="does not exist"):
        check_targets({"alpha": Path("new/a.png")}, {})
    with pytest.raises(OSError, match="is not a file"):
        check_targets({"alpha": Path("Case")}, {})


@pytest.mark.usefixtures("folder")
def test_other_files_are_fine_and_nothing_is_written():
    before = sorted(Path().iterdir())
    check_targets(
        {"alpha": Path("a.png"), "cutout": Path("c.png")},
        {"image": Path("photo.png"), "trimap": Path("missing.png")},
    )
    assert sorted(Path().iterdir()) == before


@pytest.mark.usefixtures("folder")
def test_clashes_are_found_in_folders_that_are_still_to_be_made():
    check_clashes([("a", Path("new/o.png")), ("b", Path("new/O.png"))], [])
    for name in ("new/../new/o.png", "new/o.png"):
        with pytest.raises(ValueError, match="a and b are one file"):
            check_clashes([("a", Path("new/o.png")), ("b", Path(name))], [])
    with pytest.raises(ValueError, match="a and b are one file"):
        check_clashes([("a", Path("Case/new/o.png")), ("b", Path("Case/new/O.png"))], [])


@pytest.mark.usefixtures("folder")
def test_links_in_a_circle_do_not_break_the_search():
    Path("loop.png").symlink_to("loop.png")
    check_clashes([("alpha", Path("loop.png"))], [("image", Path("photo.png"))])


def test_objects_of_a_storage_are_told_apart_by_their_names():
    one, two = StoragePath("s3://bucket/x.png"), StoragePath("s3://bucket/y.png")
    check_targets({"alpha": one}, {"image": two})
    check_clashes([("alpha", one), ("cutout", two)], [("image", Path("bucket/x.png"))])
    with pytest.raises(ValueError, match=r"alpha would replace the image s3://bucket/x\.png"):
        check_targets({"alpha": one}, {"image": StoragePath("s3://bucket/x.png")})
    with pytest.raises(ValueError, match="a and b are one file"):
        check_clashes([("a", one), ("b", StoragePath("s3://bucket/x.png"))], [])


@pytest.mark.usefixtures("folder")
def test_all_that_is_wrong_with_targets_is_named_at_once():
    wrong = {"alpha": Path("photo.png"), "cutout": Path("new/a.png"), "sheet": Path("Case")}
    with pytest.raises(ProblemsError) as caught:
        check_targets(wrong, {"image": Path("photo.png")})
    found = " ".join(caught.value.problems)
    assert len(caught.value.problems) == 3
    assert all(word in found for word in ("replace the image", "create it first", "not a file"))


@pytest.mark.usefixtures("folder")
def test_what_is_not_to_be_replaced_is_named():
    check_absent([Path("new.png"), Path("Case")])
    with pytest.raises(OSError, match=r"photo.png: exists"):
        check_absent([Path("photo.png"), Path("new.png")])
    with pytest.raises(ProblemsError, match=r"photo.png: exists.*; link.png: exists"):
        check_absent([Path("photo.png"), Path("link.png")])


def test_objects_of_a_storage_are_not_replaced_either():
    there, new = StoragePath("memory://out/a.png"), StoragePath("memory://out/b.png")
    there.write_bytes(b"x")
    try:
        check_absent([new])
        with pytest.raises(OSError, match=r"out/a\.png: exists"):
            check_absent([new, there])
    finally:
        fsspec.filesystem("memory").store.clear()
