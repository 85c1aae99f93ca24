import numpy as np
import pytest

from atnet.data.compose import Composed, Composition, compose_data_set, plan_composites
from atnet.data.composite import write_composite
from atnet.data.readers.composition1k import read_composition1k
from atnet.data.scenes import DataSetError, find_problems
from atnet.files.problems import ProblemsError
from scene_files import save

PIXELS = np.zeros((2, 3), np.uint8)


def write_sources(folder, names, backgrounds, suffix="_test"):
    """Foregrounds of different alphas, so that a wrong pair shows."""
    for number, name in enumerate(names):
        alpha = np.full((4, 5), 5 * number, np.uint8)
        alpha[1:3, 1:4] = 255
        save(folder / f"fg{suffix}/{name}.png", np.full((4, 5, 3), 5 * number, np.uint8))
        save(folder / f"mask{suffix}/{name}.png", alpha)
    for number, name in enumerate(backgrounds):
        save(folder / f"bg{suffix}/{name}", np.full((6, 6, 3), 100 + number, np.uint8))
    return folder


def planned(folder, **settings):
    """Foreground, background and target of each composite, by their names."""
    composites = plan_composites(Composition(folder, **settings))
    return [(c.foreground.stem, c.background.name, c.target.name) for c in composites]


def problems_of(folder, **settings):
    with pytest.raises(DataSetError, match="nothing was made") as caught:
        plan_composites(Composition(folder, **settings))
    return list(caught.value.problems)


FOUR = ["a.png", "b.png", "c.png", "d.png"]


def test_foregrounds_take_their_share_of_the_backgrounds_in_sorted_order(tmp_path):
    write_sources(tmp_path, ["dog", "cat"], ["d.png", "b.png", "c.png", "a.png", "e.png"])
    assert planned(tmp_path, each=2) == [
        ("cat", "a.png", "cat_0.png"),
        ("cat", "b.png", "cat_1.png"),
        ("dog", "c.png", "dog_0.png"),
        ("dog", "d.png", "dog_1.png"),
    ]


def test_lists_set_the_order(tmp_path):
    write_sources(tmp_path, ["dog", "cat"], [*FOUR, "unused.png"])
    (tmp_path / "test_fg_names.txt").write_text("dog.jpg\r\ncat.jpg")  # no last line break
    (tmp_path / "test_bg_names.txt").write_text("d.png\nb.png\na.png\nc.png")
    assert planned(tmp_path, each=2, names="original") == [
        ("dog", "d.png", "0_0.png"),
        ("dog", "b.png", "0_1.png"),
        ("cat", "a.png", "1_2.png"),
        ("cat", "c.png", "1_3.png"),
    ]


def test_the_lists_of_adobes_archive_set_the_order_where_the_original_reads_them(tmp_path):
    write_sources(tmp_path, ["dog", "cat"], FOUR)
    archive = tmp_path / "Combined_Dataset/Test_set"
    archive.mkdir(parents=True)
    (archive / "test_fg_names.txt").write_text("dog.jpg\ncat.jpg\n")
    (archive / "test_bg_names.txt").write_text("d.png\nb.png\na.png\nc.png\n")
    assert planned(tmp_path, each=2) == [
        ("dog", "d.png", "dog_0.png"),
        ("dog", "b.png", "dog_1.png"),
        ("cat", "a.png", "cat_0.png"),
        ("cat", "c.png", "cat_1.png"),
    ]
    found = {role: listed.path for role, listed in Composition(tmp_path).lists().items()}
    assert found == {role: archive / f"test_{role}_names.txt" for role in ("fg", "bg")}


@pytest.mark.parametrize("prefix", ["train", "training"])
def test_the_training_set_has_folders_and_lists_of_its_own(tmp_path, prefix):
    write_sources(tmp_path, ["dog", "cat"], ["a.png", "b.png"], suffix="")
    (tmp_path / f"{prefix}_fg_names.txt").write_text("dog.png\ncat.png")
    (tmp_path / f"{prefix}_bg_names.txt").write_text("b.png\na.png")
    composites = plan_composites(Composition(tmp_path, part="train", each=1, trimaps="original"))
    assert [composite.background.name for composite in composites] == ["b.png", "a.png"]
    assert composites[0].target == tmp_path / "merged/dog_0.png"
    assert composites[0].trimap == tmp_path / "trimap/dog_0.png"


@pytest.mark.parametrize(("part", "suffix", "number"), [("test", "_test", 20), ("train", "", 100)])
def test_the_official_numbers_are_the_default(tmp_path, part, suffix, number):
    write_sources(tmp_path, ["cat"], [f"{i}.png" for i in range(number)], suffix)
    assert len(planned(tmp_path, part=part)) == number


def test_without_a_list_backgrounds_start_again(tmp_path):
    write_sources(tmp_path, ["cat", "dog"], ["a.png", "b.png", "c.png"])
    assert [background for _, background, _ in planned(tmp_path, each=2)] == [
        "a.png", "b.png", "c.png", "a.png",
    ]  # fmt: skip


def test_backgrounds_may_lie_elsewhere(tmp_path):
    write_sources(tmp_path / "data", ["cat"], [])
    save(tmp_path / "photos/x.png", PIXELS)
    assert planned(tmp_path / "data", backgrounds=tmp_path / "photos", each=1) == [
        ("cat", "x.png", "cat_0.png")
    ]


def test_backgrounds_may_share_their_names(tmp_path):
    write_sources(tmp_path, ["cat"], ["a.png", "a.jpg"])
    assert [background for _, background, _ in planned(tmp_path, each=2)] == ["a.jpg", "a.png"]


def test_composites_and_trimaps_are_counted_apart(tmp_path):
    write_sources(tmp_path, ["cat", "dog"], FOUR)
    wanted, seen = Composition(tmp_path, each=2, trimaps="original"), []
    made = compose_data_set(wanted, progress=lambda *counts: seen.append(counts))
    folder = tmp_path / "merged_test"
    assert made == Composed(folder, composed=4, trimaps=4, kept=0)
    assert seen == [(1, 4), (2, 4), (3, 4), (4, 4)]
    (folder / "cat_0.png").unlink()
    for name in ("cat_0.png", "cat_1.png"):
        (tmp_path / "trimap_test" / name).unlink()
    assert compose_data_set(wanted) == Composed(folder, composed=1, trimaps=2, kept=2)
    assert compose_data_set(wanted, workers=2) == Composed(folder, composed=0, trimaps=0, kept=4)


def test_nothing_is_made_of_what_has_problems(tmp_path):
    write_sources(tmp_path, ["cat", "dog"], FOUR)
    (tmp_path / "mask_test/dog.png").unlink()
    with pytest.raises(DataSetError, match=r"^1 problem, nothing was made: dog: alpha .* missing"):
        compose_data_set(Composition(tmp_path, each=2))
    assert not (tmp_path / "merged_test").exists()


def test_too_few_backgrounds_are_a_problem_with_advice(tmp_path):
    write_sources(tmp_path, ["cat", "dog"], FOUR[:3])
    advice = "add some, or ask for fewer"
    assert problems_of(tmp_path, each=4) == [
        f"{tmp_path / 'bg_test'}: has 3 backgrounds, 4 are needed for 4 with each foreground: "
        + advice
    ]
    names = tmp_path / "test_bg_names.txt"
    names.write_text("\n".join(FOUR[:3]))
    assert problems_of(tmp_path, each=2) == [
        f"{names}: has 3 backgrounds, 4 are needed for 2 with each foreground: {advice}"
    ]


def test_all_problems_are_named_at_once(tmp_path):
    write_sources(tmp_path, ["cat", "dog", "bird", "fish"], ["a.png", "b.png"])
    (tmp_path / "fg_test/cat.png").unlink()
    (tmp_path / "mask_test/dog.png").unlink()
    save(tmp_path / "mask_test/bird.png", PIXELS)
    (tmp_path / "bg_test/a.png").write_bytes(b"nothing")
    save(tmp_path / "merged_test/cat_9.png", PIXELS)
    (tmp_path / "test_fg_names.txt").write_text("cat.png\ndog.png\nbird.png\nbird.png")
    (tmp_path / "test_bg_names.txt").write_text("a.png\nb.png\nc.png\na.png")
    assert problems_of(tmp_path, each=1) == [
        f"cat: image {tmp_path / 'fg_test/cat.png'} is missing",
        f"dog: alpha {tmp_path / 'mask_test/dog.png'} is missing",
        "bird: sizes differ: image 5 x 4, alpha 3 x 2",
        "bird: sizes differ: image 5 x 4, alpha 3 x 2",
        "bird: is listed 2 times as a foreground",
        f"{tmp_path / 'fg_test/fish.png'}: is not in the list of foregrounds",
        f"{tmp_path / 'mask_test/fish.png'}: is not in the list of foregrounds",
        f"{tmp_path / 'bg_test/a.png'} cannot be read: UnidentifiedImageError",
        f"{tmp_path / 'bg_test/c.png'} is missing",
        f"{tmp_path / 'merged_test/cat_9.png'}: is none of the composites asked for; remove it",
    ]


def test_a_missing_folder_is_one_problem_however_many_files_are_listed(tmp_path):
    write_sources(tmp_path, ["cat"], [])
    (tmp_path / "test_bg_names.txt").write_text("\n".join(FOUR))
    assert problems_of(tmp_path, each=4) == [f"{tmp_path / 'bg_test'}: is not a folder"]


def test_partners_are_missed_without_a_list_too(tmp_path):
    write_sources(tmp_path, ["cat", "dog"], ["a.png"])
    (tmp_path / "fg_test/cat.png").unlink()
    (tmp_path / "mask_test/dog.png").unlink()
    assert sorted(problems_of(tmp_path, each=1)) == [
        f"cat: image {tmp_path / 'fg_test/cat.png'} is missing",
        f"dog: alpha {tmp_path / 'mask_test/dog.png'} is missing",
    ]


def test_missing_and_empty_folders_are_named_together(tmp_path):
    (tmp_path / "mask_test").mkdir()
    assert problems_of(tmp_path) == [
        f"{tmp_path / 'fg_test'}: is not a folder",
        f"{tmp_path / 'mask_test'}: has no images",
        f"{tmp_path / 'bg_test'}: is not a folder",
    ]
    (problem,) = problems_of(tmp_path / "dta")
    assert problem.startswith(f"{tmp_path / 'dta'}: is not a folder; expected")


def test_numbers_as_names_cannot_be_told_from_the_originals_numbers(tmp_path):
    write_sources(tmp_path, ["1", "10"], ["a.png", "b.png"])
    assert problems_of(tmp_path, each=1, names="original") == [
        "1: a foreground named like a number needs official names"
    ]
    assert planned(tmp_path, each=1)[1][2] == "10_0.png"


@pytest.mark.parametrize("names", ["official", "original"])
@pytest.mark.parametrize("listed", [True, False])
def test_what_is_composed_is_read_back(tmp_path, names, listed):
    foregrounds = ["a", "a-b", "a_1", "sub/x", "zebra.v2", "10"]
    write_sources(tmp_path, foregrounds, FOUR)
    if listed:
        (tmp_path / "test_fg_names.txt").write_text(
            "\n".join(f"{name}.jpg" for name in foregrounds)
        )
    composites = plan_composites(Composition(tmp_path, each=3, names=names, trimaps="random"))
    for composite in reversed(composites):
        write_composite(composite)
    scenes = read_composition1k(tmp_path).scenes
    assert find_problems(scenes) == []
    assert len(scenes) == 18
    made = {composite.target: composite for composite in composites}
    for scene in scenes:
        assert scene.alpha == made[scene.image].alpha
        assert scene.trimap == made[scene.image].trimap
    if names == "original":
        assert [scene.image for scene in scenes] == [composite.target for composite in composites]


def test_radii_depend_on_seed_and_place_alone(tmp_path):
    def radii(folder, **settings):
        composites = plan_composites(
            Composition(folder, each=4, **{"trimaps": "random", **settings})
        )
        return [composite.radii for composite in composites]

    few = write_sources(tmp_path / "few", ["a", "b"], FOUR)
    many = write_sources(tmp_path / "many", [f"f{i:02}" for i in range(50)], FOUR)
    assert radii(few) == radii(many)[:8]
    assert radii(few) != radii(few, seed=1)
    assert {radius for pair in radii(many) for radius in pair or ()} == set(range(1, 22))
    assert radii(few, trimaps="original") == [None] * 8


def test_nothing_is_composed_of_damaged_pictures_and_what_is_done_needs_none(tmp_path):
    noise = np.random.default_rng(0).integers(0, 256, (32, 32, 3), dtype=np.uint8)
    write_sources(tmp_path, ["cat", "dog"], ["a.png", "b.png"])
    background = tmp_path / "bg_test/b.png"
    save(background, noise)
    whole = background.read_bytes()
    background.write_bytes(whole[:1500])
    wanted = Composition(tmp_path, each=1)
    with pytest.raises(ProblemsError, match=r"b\.png"):
        compose_data_set(wanted)
    assert not wanted.layout.composites.exists()
    background.write_bytes(whole)
    assert compose_data_set(wanted).composed == 2
    background.write_bytes(whole[:1500])
    assert compose_data_set(wanted).kept == 2
