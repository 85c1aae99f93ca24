import os
import shutil

import numpy as np
import pytest

from atnet.data.scenes import DataSetError
from atnet.data.training.foregrounds import Cut, Pair, find_foregrounds
from atnet.data.training.reading import read_alpha, read_colour
from scene_files import save, soft_disc
from training_files import noise, write_training_set

CUT = Cut(largest=100, tile=64, overlap=16)


@pytest.fixture
def large(tmp_path):
    """One small foreground and one of 150 x 220 with a soft disc in its middle."""
    write_training_set(tmp_path, 1)
    save(tmp_path / "fg/large.png", noise(9, 150, 220))
    save(tmp_path / "mask/large.png", soft_disc((150, 220), 12))
    return tmp_path


@pytest.mark.parametrize(("part", "suffix"), [("train", ""), ("test", "_test")])
def test_foregrounds_are_paired_by_name(tmp_path, part, suffix):
    write_training_set(tmp_path, 3, suffix=suffix)
    (tmp_path / f"mask{suffix}/disc1.png").rename(tmp_path / f"mask{suffix}/disc1.tif")
    names = ["disc0.png", "disc1.tif", "disc2.png"]
    assert find_foregrounds(tmp_path, part) == [
        (Pair(tmp_path / f"fg{suffix}/disc{k}.png", tmp_path / f"mask{suffix}" / name),)
        for k, name in enumerate(names)
    ]


def test_everything_wrong_is_named_at_once(tmp_path):
    write_training_set(tmp_path, 4)
    (tmp_path / "mask/disc0.png").unlink()
    (tmp_path / "fg/disc1.png").unlink()
    save(tmp_path / "mask/disc2.png", soft_disc((30, 40), 9))
    (tmp_path / "fg/disc3.png").write_bytes(b"no image")
    with pytest.raises(DataSetError, match="4 foregrounds cannot be used") as caught:
        find_foregrounds(tmp_path)
    text = str(caught.value)
    assert "\n" not in text
    for said in ("mask/disc0.png is missing", "fg/disc1.png is missing", "disc2: sizes differ"):
        assert said in text
    assert "fg/disc3.png cannot be read" in text


def test_many_problems_are_counted(tmp_path):
    write_training_set(tmp_path, 11)
    shutil.rmtree(tmp_path / "mask")
    (tmp_path / "mask").mkdir()
    with pytest.raises(ValueError, match=r"11 foregrounds .* and 3 more$"):
        find_foregrounds(tmp_path)


def test_a_folder_without_foregrounds_is_refused(tmp_path):
    with pytest.raises(ValueError, match="gone: is not a folder; expected a data set"):
        find_foregrounds(tmp_path / "gone")
    with pytest.raises(ValueError, match="fg: is not a folder; training needs"):
        find_foregrounds(tmp_path)
    for name in ("fg", "mask"):
        (tmp_path / name).mkdir()
    with pytest.raises(ValueError, match="fg: has no images; training needs"):
        find_foregrounds(tmp_path)


def test_what_validation_needs_and_what_helps_is_said(tmp_path):
    write_training_set(tmp_path, 2)
    for name, state in (("fg_test", "is not a folder"), ("mask_test", "is not a folder")):
        with pytest.raises(ValueError, match=rf"{name}: {state}; .* data\.validation_share = 0\.1"):
            find_foregrounds(tmp_path, "test")
        (tmp_path / name).mkdir()
    with pytest.raises(ValueError, match=r"fg_test: has no images; .* data\.validation_share"):
        find_foregrounds(tmp_path, "test")


def test_a_share_of_the_training_foregrounds_is_the_test_part(tmp_path):
    write_training_set(tmp_path, 5)
    training, validation = (
        {pair for (pair,) in find_foregrounds(tmp_path, part, validation_share=0.4)}
        for part in ("train", "test")
    )
    assert (len(training), len(validation)) == (3, 2)
    assert training | validation == {pair for (pair,) in find_foregrounds(tmp_path)}


def test_a_share_of_one_foreground_is_refused(tmp_path):
    write_training_set(tmp_path, 1)
    with pytest.raises(ValueError, match="fg: has one foreground; to set a share aside takes two"):
        find_foregrounds(tmp_path, validation_share=0.5)


def test_a_pair_is_read_and_its_sizes_are_checked(tmp_path):
    write_training_set(tmp_path, 2)
    pair = find_foregrounds(tmp_path)[0][0]
    colour, alpha = pair.read()
    assert np.array_equal(colour, noise(0, 72, 80))
    assert np.array_equal(alpha, soft_disc((72, 80), 12))
    save(pair.alpha, soft_disc((30, 40), 9))
    with pytest.raises(ValueError, match=r"disc0\.png: is \(72, 80\), its alpha \(30, 40\)"):
        pair.read()


def test_large_foregrounds_are_cut_into_tiles_with_unknown_pixels(large):
    small, tiles = find_foregrounds(large, cut=CUT)
    assert len(small) == 1
    colour, alpha = noise(9, 150, 220), soft_disc((150, 220), 12)
    seen = np.zeros_like(alpha)
    for tile in tiles:
        assert tile.colour.parent == large / "tiles/fg/large"
        assert tile.alpha.parent == large / "tiles/mask/large"
        top, left = map(int, tile.colour.stem.split("_"))
        part = (slice(top, top + 64), slice(left, left + 64))
        assert np.array_equal(read_colour(tile.colour), colour[part])
        assert np.array_equal(read_alpha(tile.alpha), alpha[part])
        assert read_alpha(tile.alpha).any()
        seen[part] = 1
    assert seen[alpha > 0].all()
    assert 0 < len(tiles) < 3 * 4  # those in the corners are background only


def test_neighbouring_tiles_overlap(large):
    save(large / "mask/large.png", np.full((150, 220), 128, np.uint8))
    places = {tile.colour.stem for tile in find_foregrounds(large, cut=CUT)[1]}
    assert places == {f"{top}_{left}" for top in (0, 43, 86) for left in (0, 39, 78, 117, 156)}


def test_tiles_are_kept_until_a_source_or_the_cut_changes(large):
    def written():
        tiles = find_foregrounds(large, cut=CUT)[1]
        return tiles, {path.stat().st_mtime_ns for tile in tiles for path in tile}

    before = written()
    assert written() == before
    assert not list(large.rglob("*.part"))
    newest = max(before[1]) + 10**9
    save(large / "mask/large.png", soft_disc((150, 220), 60))
    os.utime(large / "mask/large.png", ns=(newest, newest))
    remade, _ = written()
    assert len(remade) > len(before[0])
    other = find_foregrounds(large, cut=Cut(100, 96, 16))[1]
    assert read_alpha(other[0].alpha).shape == (96, 96)


@pytest.mark.parametrize(
    "spoil",
    [
        lambda tiles: (tiles / "fg/large/tiles.json").write_text("{"),
        lambda tiles: (tiles / "fg/large/tiles.json").write_text("[]"),
        lambda tiles: shutil.rmtree(tiles / "mask"),
    ],
)
def test_spoilt_tiles_are_made_again(large, spoil):
    tiles = find_foregrounds(large, cut=CUT)[1]
    contents = [path.read_bytes() for tile in tiles for path in tile]
    spoil(large / "tiles")
    assert find_foregrounds(large, cut=CUT)[1] == tiles
    assert [path.read_bytes() for tile in tiles for path in tile] == contents


def test_an_interrupted_cut_starts_again(large):
    tiles = find_foregrounds(large, cut=CUT)[1]
    (large / "tiles/fg/large/tiles.json").unlink()
    tiles[0].colour.unlink()
    assert find_foregrounds(large, cut=CUT)[1] == tiles
    assert tiles[0].colour.is_file()


def test_a_large_foreground_without_unknown_pixels_is_refused(large):
    save(large / "mask/large.png", np.full((150, 220), 255, np.uint8))
    with pytest.raises(ValueError, match=r"mask/large\.png: is 0 or 255 everywhere"):
        find_foregrounds(large, cut=CUT)
