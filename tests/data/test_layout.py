import pytest

from atnet.data.layout import Layout, composite_names, foregrounds_of


def test_the_folders_are_those_of_composition_1k(tmp_path):
    def names(part):
        layout = Layout(tmp_path, part)
        folders = (layout.foregrounds, layout.alphas, layout.backgrounds, layout.composites)
        return [path.relative_to(tmp_path).as_posix() for path in (*folders, layout.trimaps)]

    assert names("train") == ["fg", "mask", "bg", "merged", "trimap"]
    assert names("test") == ["fg_test", "mask_test", "bg_test", "merged_test", "trimap_test"]


def test_lists_of_the_training_set_have_two_spellings(tmp_path):
    layout = Layout(tmp_path, "train")
    assert layout.foreground_list == tmp_path / "train_fg_names.txt"  # the one to write
    (tmp_path / "training_fg_names.txt").touch()
    (tmp_path / "training_bg_names.txt").touch()
    assert layout.foreground_list == tmp_path / "training_fg_names.txt"
    assert layout.background_list == tmp_path / "training_bg_names.txt"
    (tmp_path / "train_fg_names.txt").touch()
    assert layout.foreground_list == tmp_path / "train_fg_names.txt"


def test_empty_lines_and_suffixes_of_foregrounds_do_not_count(tmp_path):
    layout = Layout(tmp_path, "test")
    assert layout.foreground_names() == layout.background_names() == []
    for role in ("fg", "bg"):
        (tmp_path / f"test_{role}_names.txt").write_text("dog.jpg\r\n\n a b.v2.png \n")
    assert layout.foreground_names() == ["dog", "a b.v2"]
    assert layout.background_names() == ["dog.jpg", "a b.v2.png"]


NAMES = ["a", "a-b", "a_1", "sub/x", "zebra.v2", "10"]


@pytest.mark.parametrize("scheme", ["official", "original"])
def test_composites_lead_back_to_their_foregrounds_in_order(scheme):
    named = {name: NAMES[number] for number, name in composite_names(NAMES, 12, scheme)}
    assert len(named) == 12 * len(NAMES)
    found = foregrounds_of(reversed(named), NAMES, NAMES)
    assert found == named
    if scheme == "original":
        assert list(found) == list(named)


def test_a_number_beyond_the_foregrounds_is_refused():
    assert foregrounds_of(["1_5"], ["cat", "dog"], ["cat", "dog"]) == {"1_5": "dog"}
    with pytest.raises(ValueError, match=r"2_5 names no foreground .* i below 2; 1 such names"):
        foregrounds_of(["1_5", "2_5"], ["cat", "dog"], ["cat", "dog"])
