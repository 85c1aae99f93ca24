import pytest

from atnet.data.training.validation import part_of

NAMES = [f"photo {number}.5" for number in range(200)]


@pytest.mark.parametrize(
    ("count", "share", "aside"), [(200, 0.1, 20), (10, 0.26, 3), (10, 0.01, 1), (3, 0.99, 2)]
)
def test_the_parts_share_nothing_and_leave_nothing_out(count, share, aside):
    names = NAMES[:count]
    training, validation = (part_of(names, part, share) for part in ("train", "test"))
    assert len(validation) == aside
    assert not training & validation
    assert training | validation == set(names)


def test_order_does_not_count_and_the_choice_is_not_the_order():
    chosen = part_of(NAMES, "test", 0.1)
    assert part_of(NAMES[::-1], "test", 0.1) == chosen
    assert not chosen <= set(NAMES[:100])
    assert not chosen <= set(NAMES[100:])


def test_a_larger_share_holds_what_a_smaller_one_does():
    assert part_of(NAMES, "test", 0.1) < part_of(NAMES, "test", 0.2)


def test_a_single_one_is_trained_on():
    assert part_of(["only"], "train", 0.5) == {"only"}
    assert part_of(["only"], "test", 0.5) == set()


def test_names_may_be_of_any_bytes():
    assert part_of(["caf\udce9", "dog"], "test", 0.5) < {"caf\udce9", "dog"}
