"""Three discs of different sizes and colours over noise, numbered in an order of their own."""

import numpy as np
import pytest
from PIL import Image

from atnet.data.layout import Layout
from atnet.data.pairing import pair_composites
from atnet.files.listing import files_by_stem
from scene_files import save, soft_disc
from training_files import noise

TRUE = ["dog 1.5", "cat", "ape"]
"""The order in which composites are numbered."""
EACH = 2


def write(folder, order=TRUE, size=(40, 50)):
    """Foregrounds, alphas and composites `<i>_<j>`, made without any code of ours."""
    for number, name in enumerate(order):
        kind = TRUE.index(name)
        colour, alpha = noise(kind, *size), soft_disc(size, 10 + 3 * kind)
        save(folder / f"fg_test/{name}.png", colour)
        save(folder / f"mask_test/{name}.png", alpha)
        share = alpha[..., None] / 255
        for j in range(EACH * number, EACH * number + EACH):
            composite = share * colour + (1 - share) * noise(50 + j, *size)
            save(folder / f"merged_test/{number}_{j}.png", composite.astype(np.uint8))  # cut off
    return Layout(folder, "test")


def paired(layout):
    return pair_composites(layout, files_by_stem(layout.composites), files_by_stem(layout.alphas))


def refusal(layout):
    with pytest.raises(ValueError) as refused:  # noqa: PT011  (the callers look at it)
        paired(layout)
    assert "\n" not in str(refused.value)
    return str(refused.value)


def expected(order):
    return {f"{j // EACH}_{j}": order[j // EACH] for j in range(EACH * len(order))}


@pytest.mark.parametrize("place", ["", "Combined_Dataset/Test_set"])
def test_the_list_says_what_numbers_count(tmp_path, place):
    layout = write(tmp_path)
    (tmp_path / place).mkdir(parents=True, exist_ok=True)
    (tmp_path / place / "test_fg_names.txt").write_text("\n".join(f"{n}.jpg" for n in TRUE))
    foregrounds, source = paired(layout)
    assert foregrounds == expected(TRUE)
    assert source.endswith(f"in the order of {place}/test_fg_names.txt".replace(" /", " "))


def test_without_a_list_sorted_names_are_refused_where_they_are_not_the_order(tmp_path):
    said = refusal(write(tmp_path))
    assert said.startswith(f"{tmp_path / 'merged_test/0_0.png'}: does not show ape")
    assert f"it differs from {tmp_path / 'fg_test/ape.png'} by" in said
    assert said.endswith(
        f"put Adobe's test_fg_names.txt into {tmp_path}, or "
        f"{tmp_path / 'Combined_Dataset/Test_set'}"
    )


def test_without_a_list_sorted_names_are_taken_where_colours_prove_them(tmp_path):
    foregrounds, source = paired(write(tmp_path, sorted(TRUE)))
    assert foregrounds == expected(sorted(TRUE))
    assert "sorted names, as their sizes and known colours confirm" in source


def test_good_jpeg_files_show_their_foregrounds_too(tmp_path):
    layout = write(tmp_path, sorted(TRUE))
    for name in TRUE:  # smooth, as pictures are
        Image.linear_gradient("L").resize((50, 40)).convert("RGB").save(
            layout.foregrounds / f"{name}.png"
        )
    for path in sorted(layout.composites.iterdir()):
        Image.open(layout.foregrounds / "cat.png").save(path.with_suffix(".jpg"), quality=90)
        path.unlink()
    assert paired(layout).foregrounds == expected(sorted(TRUE))


def test_one_composite_among_many_that_shows_another_foreground_is_named(tmp_path):
    layout = write(tmp_path, sorted(TRUE))
    (layout.composites / "1_3.png").write_bytes((layout.composites / "2_4.png").read_bytes())
    assert refusal(layout).startswith(f"{layout.composites / '1_3.png'}: does not show cat")


def test_sizes_must_agree(tmp_path):
    layout = write(tmp_path, sorted(TRUE))
    save(layout.composites / "2_5.png", noise(0, 40, 51))
    said = refusal(layout)
    assert said.startswith(f"{layout.composites / '2_5.png'}: does not show dog 1.5")
    assert f"it is 51 x 40, {layout.alphas / 'dog 1.5.png'} 50 x 40" in said


def test_what_cannot_be_told_is_refused(tmp_path):
    layout = write(tmp_path, sorted(TRUE))
    save(layout.alphas / "cat.png", soft_disc((40, 50), 13) // 2)
    assert f"{layout.alphas / 'cat.png'} is nowhere 255" in refusal(layout)


def test_without_list_and_foregrounds_nothing_tells_the_order(tmp_path):
    layout = write(tmp_path, sorted(TRUE))
    layout.foregrounds.rename(tmp_path / "elsewhere")
    said = refusal(layout)
    assert said.startswith(f"{layout.composites}: composites are numbered, and no list")
    assert f"or the foregrounds into {layout.foregrounds}" in said


@pytest.mark.parametrize("role", ["fg", "mask"])
def test_a_missing_partner_is_named(tmp_path, role):
    layout = write(tmp_path, sorted(TRUE))
    gone = tmp_path / f"{role}_test/cat.png"
    gone.unlink()
    assert refusal(layout).startswith(f"{gone}: is missing")


def test_a_list_with_too_few_names_is_named(tmp_path):
    layout = write(tmp_path)
    names = tmp_path / "test_fg_names.txt"
    names.write_text("dog 1.5.png\ncat.png")
    said = refusal(layout)
    assert said.startswith(
        f"{layout.composites}: 2_4 is of foreground 2, counted from 0, but there"
    )
    assert f"are 2 foregrounds; 2 such composites; complete {names}" in said


def test_a_list_of_other_foregrounds_is_refused(tmp_path):
    layout = write(tmp_path)
    names = tmp_path / "test_fg_names.txt"
    names.write_text("bird.png\nfish.png\nfrog.png")
    assert refusal(layout).startswith(
        f"{names}: none of its 3 names, such as bird, is in {layout.alphas}; replace the list"
    )


def test_official_names_need_no_list(tmp_path):
    layout = Layout(tmp_path, "test")
    for name in ("cat", "a b.c"):
        save(layout.alphas / f"{name}.png", soft_disc((9, 9), 3))
        save(layout.composites / f"{name}_11.png", noise(0, 9, 9))
    foregrounds, source = paired(layout)
    assert foregrounds == {"a b.c_11": "a b.c", "cat_11": "cat"}
    assert source == "composites are named after their foregrounds"


def test_names_of_neither_scheme_are_refused(tmp_path):
    layout = write(tmp_path)
    save(layout.composites / "bird_0.png", noise(0, 9, 9))
    said = refusal(layout)
    assert said.startswith(
        f"{layout.composites / 'bird_0.png'}: {layout.alphas / 'bird.png'} is missing"
    )
    assert said.endswith("1 such names")
