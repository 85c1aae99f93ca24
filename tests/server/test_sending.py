import pytest

from atnet.files.images import ImageError
from atnet.server.refusals import Refusal
from atnet.server.sending import Bits, check_format, part_of


def test_a_part_is_given_by_left_top_width_height():
    assert part_of((20, 30), None) == (slice(0, 20), slice(0, 30))
    assert part_of((20, 30, 3), "29,19,1,1") == (slice(19, 20), slice(29, 30))


@pytest.mark.parametrize("box", ["0,0,31,1", "0,0,1,21", "29,0,2,1", "0,0,0,1", "-1,0,2,2"])
def test_a_part_lies_in_the_picture(box):
    with pytest.raises(Refusal, match="the picture is 30 x 20") as caught:
        part_of((20, 30), box)
    assert caught.value.status == 422


def test_formats_say_what_they_cannot_hold():
    check_format("tiff", Bits.SIXTEEN)
    with pytest.raises(ImageError, match="cannot hold 16 bits"):
        check_format("webp", Bits.SIXTEEN)
