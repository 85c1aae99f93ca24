from collections import Counter
from pathlib import Path

import pytest

from atnet.files.images import ImageError
from atnet.files.storage import StoragePath
from atnet.jobs.items import Item, Pairing, Writing, check_items, find_items, in_shard
from atnet.jobs.outputs import Outputs
from atnet.jobs.photo import Job
from atnet.subjects.hints import DrawnTrimap, NoHint, RoughMask


def touch(folder, *names):
    for name in names:
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()
    return folder


@pytest.fixture
def photos(tmp_path):
    pictures = ("a/x.jpg", "a/b/y.TIF", "z.webp")
    others = ("a/x.trimap.png", "a/x.trimap.jpg", "notes.txt", "._z.jpg", ".trash/old.png")
    return touch(tmp_path / "photos", *pictures, *others)


def found(source, pairing, **options):
    return {item.name: item.job for item in find_items(source, pairing, Writing(**options))}


def test_a_tree_is_mirrored_and_trimaps_lie_beside(photos, tmp_path):
    out = tmp_path / "out"
    jobs = found(photos, Pairing(), folder=out, kinds=("cutout", "alpha"), suffix=".tif", bits=16)
    assert list(jobs) == ["a/b/y.TIF", "a/x.jpg", "z.webp"]
    assert jobs["a/x.jpg"] == Job(
        photos / "a/x.jpg",
        DrawnTrimap(photos / "a/x.trimap.png"),
        Outputs(cutout=out / "a/x.cutout.tif", alpha=out / "a/x.alpha.tif"),
        bits=16,
    )
    assert jobs["z.webp"].hint == DrawnTrimap(photos / "z.trimap.png")  # missing


@pytest.mark.parametrize("inside", [False, True])
def test_hints_of_a_tree_are_found_by_their_stems_and_are_no_photographs(photos, tmp_path, inside):
    tree = touch((photos if inside else tmp_path) / "hints", "a/x.bmp", "a/b/y.png")
    jobs = found(photos, Pairing("mask", tree), folder=tmp_path / "out")
    assert {name: job.hint for name, job in jobs.items()} == {
        "a/x.jpg": RoughMask(tree / "a/x.bmp"),
        "a/b/y.TIF": RoughMask(tree / "a/b/y.png"),
        "z.webp": RoughMask(tree / "z.png"),  # missing
    }
    jobs = found(photos, Pairing("trimap", tree), folder=tmp_path / "out")
    assert jobs["a/x.jpg"].hint == DrawnTrimap(tree / "a/x.bmp")


def test_photographs_that_need_an_extra_are_found(tmp_path):
    photos = touch(tmp_path / "photos", "x.heic", "y.EXR", "z.avif", "notes.txt")
    assert list(found(photos, Pairing(), folder=tmp_path / "out")) == ["x.heic", "y.EXR", "z.avif"]


def test_without_hints(photos, tmp_path):
    jobs = found(photos, Pairing("auto"), folder=tmp_path / "out")
    assert len(jobs) == 3
    assert all(job.hint == NoHint() for job in jobs.values())


def test_names_do_not_depend_on_the_way_to_the_folder(photos, tmp_path, monkeypatch):
    absolute = found(photos, Pairing(), folder=tmp_path / "out")
    monkeypatch.chdir(tmp_path)
    assert found(Path("photos"), Pairing(), folder=Path("out")) == absolute


def test_what_a_format_cannot_hold_is_refused(photos, tmp_path):
    with pytest.raises(ImageError, match="no alpha channel"):
        found(photos, Pairing(), folder=tmp_path, suffix=".jpg")


@pytest.mark.parametrize(
    ("other", "message"),
    [
        ("a/x.png", r"cutout of a/x\.jpg and cutout of a/x\.png are one file, .*a/x\.cutout\.png"),
        ("a/../a/x.jpg", "are one file"),
    ],
)
def test_two_outputs_in_one_file_are_refused(photos, tmp_path, other, message):
    writing = Writing(tmp_path / "out")
    items = [
        Item(name, writing.job(photos / name, NoHint(), writing.names(name)))
        for name in ("a/x.jpg", "z.webp", other)
    ]
    check_items(items[:2])
    with pytest.raises(ValueError, match=message):
        check_items(items)


def test_the_input_of_another_item_is_not_replaced(photos):
    writing = Writing(photos)
    items = [
        Item(name, writing.job(photos / name, NoHint(), {"alpha": target}))
        for name, target in [("z.webp", "new.png"), ("a/x.jpg", "a/b/../../z.webp")]
    ]
    with pytest.raises(ValueError, match=r"alpha of a/x\.jpg would replace the image of z\.webp"):
        check_items(items)


def test_shards_are_disjoint_complete_and_stay_as_they_are():
    names = [f"a{number % 3}/x{number}.jpg" for number in range(1000)]
    shards = Counter(
        (name, index) for name in names for index in range(1, 8) if in_shard(name, index, 7)
    )
    assert sorted(name for name, _ in shards) == sorted(names)
    sizes = Counter(index for _, index in shards)
    assert min(sizes.values()) > 100  # of 143 in the mean
    # Runs of other versions must divide alike: the CRC-32 of "123456789" is known.
    assert [index for index in range(1, 8) if in_shard("123456789", index, 7)] == [
        0xCBF43926 % 7 + 1
    ]


def test_a_storage_is_a_folder_like_others(tmp_path):
    photos, hints = StoragePath("memory://photos"), StoragePath("memory://photos/hints")
    for name in ("a/x.jpg", "a/x.trimap.png", "hints/a/x.bmp", ".old/y.jpg"):
        (photos / name).write_bytes(b"x")
    out = StoragePath("memory://out")
    assert found(photos, Pairing("mask", hints), folder=out) == {
        "a/x.jpg": Job(
            photos / "a/x.jpg",
            RoughMask(hints / "a/x.bmp"),
            Outputs(cutout=out / "a/x.cutout.png"),
        )
    }
    job = found(photos / "a", Pairing(), folder=tmp_path)["x.jpg"]
    assert job.hint == DrawnTrimap(photos / "a/x.trimap.png")
    assert job.outputs == Outputs(cutout=tmp_path / "x.cutout.png")
