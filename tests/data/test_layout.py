import pytest

from atnet.data.layout import Layout, are_numbered, composite_names, foregrounds_of


def test_the_folders_are_those_of_composition_1k(tmp_path):
    def names(part):
        layout = Layout(tmp_path, part)
        folders = (layout.foregrounds, layout.alphas, layout.backgrounds, layout.composites)
        return [path.relative_to(tmp_path).as_posix() for path in (*folders, layout.trimaps)]

    assert names("train") == ["fg", "mask", "bg", "merged", "trimap"]
    assert names("test") == ["fg_test", "mask_test", "bg_test", "merged_test", "trimap_test"]


def test_lists_lie_beside_the_folders_or_in_adobes_archive(tmp_path):
    layout, archive = Layout(tmp_path, "train"), tmp_path / "Combined_Dataset/Training_set"
    assert layout.lists("fg") == []
    paths = [
        tmp_path / "train_fg_names.txt",
        tmp_path / "training_fg_names.txt",
        archive / "training_fg_names.txt",
        archive / "Adobe-licensed images/training_fg_names.txt",
    ]
    others = [archive / "training_bg_names.txt", archive.parent / "Test_set/test_fg_names.txt"]
    for path in (*paths, *others):
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()
    assert layout.lists("fg") == paths
    assert layout.lists("bg") == others[:1]
    assert Layout(tmp_path, "test").lists("fg") == others[1:]
    assert layout.foreground_list == paths[0]  # the one to write


NAMES = ["a", "a-b", "a_1", "sub/x", "zebra.v2", "10"]


@pytest.mark.parametrize("scheme", ["official", "original"])
def test_composites_lead_back_to_their_foregrounds_in_order(scheme):
    named = {name: NAMES[number] for number, name in composite_names(NAMES, 12, scheme)}
    assert len(named) == 12 * len(NAMES)
    assert are_numbered(named, NAMES) == (scheme == "original")
    found = foregrounds_of(reversed(named), NAMES if scheme == "original" else None)
    assert found == named
    if scheme == "original":
        assert list(found) == list(named)


def test_names_that_are_numbers_are_no_numbers():
    assert are_numbered(["0_3", "12_25"], ["cat", "dog"])
    assert not are_numbered(["0_3", "12_25"], ["cat", "12"])
    for other in ("cat_1", "1", "1_", "_1", "1_2_3", "\u0661_0"):
        assert not are_numbered(["0_3", other], ["dog"])


def test_a_number_beyond_the_foregrounds_is_refused():
    assert foregrounds_of(["1_5"], ["cat", "dog"]) == {"1_5": "dog"}
    with pytest.raises(ValueError, match=r"^2_5 is of foreground 2, .* are 2 foregrounds; 1 such"):
        foregrounds_of(["1_5", "2_5"], ["cat", "dog"])
