import pytest

from atnet.data.layout import Layout
from atnet.data.lists import NameList, find_list


@pytest.fixture
def layout(tmp_path):
    (tmp_path / "Combined_Dataset/Test_set/Adobe-licensed images").mkdir(parents=True)
    return Layout(tmp_path, "test")


def write(path, content):
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return path


def names(layout, role):
    found = find_list(layout, role)
    return None if found is None else found.names


def test_without_a_list_or_a_name_in_it_there_is_none(layout):
    assert find_list(layout, "fg") is None
    write(layout.folder / "test_fg_names.txt", " \n\r\n")
    assert find_list(layout, "fg") is None


@pytest.mark.parametrize("place", ["", "Combined_Dataset/Test_set"])
def test_a_list_is_found_in_either_place(layout, place):
    path = write(layout.folder / place / "test_bg_names.txt", "b.png\na.jpg")
    assert find_list(layout, "bg") == NameList(path, ["b.png", "a.jpg"])


def test_suffixes_of_foregrounds_do_not_count_but_those_of_backgrounds_do(layout):
    lines = "dog.JPG\r\n\n a b.v2.png \nphoto 1.5\nsub/x.png\n"
    for role in ("fg", "bg"):
        write(layout.folder / f"test_{role}_names.txt", lines)
    assert names(layout, "fg") == ["dog", "a b.v2", "photo 1.5", "sub/x"]
    assert names(layout, "bg") == ["dog.JPG", "a b.v2.png", "photo 1.5", "sub/x.png"]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "latin-1"])
def test_what_editors_save_is_read(layout, encoding):
    write(layout.folder / "test_fg_names.txt", "café.png\r\ndog.png\r\n".encode(encoding))
    assert names(layout, "fg") == ["café", "dog"]


def test_other_encodings_are_refused(layout):
    path = write(layout.folder / "test_fg_names.txt", "dog.png".encode("utf-16"))
    with pytest.raises(ValueError, match="save it as UTF-8") as refused:
        find_list(layout, "fg")
    assert str(path) in str(refused.value)


@pytest.mark.parametrize(
    ("second", "said"),
    [
        ("dog.png\ncat.png", "test foregrounds: name 1 is cat and dog"),
        ("cat.png", "test foregrounds: name 2 is dog and nothing"),
        ("cat.png\ndog.png\nbird.png", "test foregrounds: name 3 is nothing and bird"),
    ],
)
def test_lists_that_contradict_each_other_are_refused_by_name(layout, second, said):
    one = write(layout.folder / "test_fg_names.txt", "cat.png\ndog.png\n")
    other = write(layout.folder / "Combined_Dataset/Test_set/test_fg_names.txt", second)
    with pytest.raises(ValueError, match=said) as refused:
        find_list(layout, "fg")
    assert str(refused.value).startswith(f"{one} and {other}: contradict each other")


def test_copies_of_a_list_may_differ_in_what_does_not_count(layout):
    one = write(layout.folder / "test_fg_names.txt", "cat.png\ndog.png\n")
    archive = layout.folder / "Combined_Dataset/Test_set"
    write(archive / "test_fg_names.txt", "cat.jpg\r\ndog.jpg")
    write(archive / "Adobe-licensed images/test_fg_names.txt", "")
    assert find_list(layout, "fg") == NameList(one, ["cat", "dog"])
