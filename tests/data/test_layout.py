from atnet.data.layout import foreground_names, lines_of, list_path


def test_lists_of_the_training_set_have_two_spellings(tmp_path):
    assert list_path(tmp_path, "train", "fg") is None
    for name in ("training_fg_names.txt", "train_fg_names.txt"):
        (tmp_path / name).touch()
        assert list_path(tmp_path, "train", "fg") == tmp_path / name


def test_empty_lines_and_suffixes_do_not_count(tmp_path):
    (tmp_path / "test_fg_names.txt").write_text("dog.jpg\r\n\n a b.v2.png \n")
    assert foreground_names(tmp_path, "test") == ["dog", "a b.v2"]
    assert lines_of(None) == []
