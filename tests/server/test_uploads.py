import io

import numpy as np
import pytest
from PIL import Image

from atnet.files.images import ImageError
from atnet.server.refusals import Refusal
from atnet.server.uploads import check_size
from image_files import opencv, png, saved
from server_files import client_of, form, refused, scene, settings
from server_files import png as as_png

PIXELS = scene(30, 20)[0]
DEEP = np.zeros((20, 30, 3), np.uint16)


@pytest.mark.parametrize(
    "content",
    [*(saved(PIXELS, kind) for kind in ("PNG", "JPEG", "TIFF", "WEBP", "GIF", "BMP", "AVIF")),
     opencv(DEEP, ".png"), opencv(DEEP, ".tif"), saved(PIXELS, "TIFF", big_tiff=True)],
    ids=["png", "jpeg", "tiff", "webp", "gif", "bmp", "avif", "deep png", "deep tiff", "big tiff"],
)  # fmt: skip
def test_the_size_is_known_before_anything_is_decoded(content, monkeypatch):
    monkeypatch.setattr(Image.Image, "load", None)  # decoding would fail
    check_size(content, "image", 600)
    with pytest.raises(Refusal, match="image: is 30 x 20 pixels: 599 pixels are allowed") as caught:
        check_size(content, "image", 599)
    assert caught.value.status == 413


def test_a_bomb_is_refused_by_its_header_whichever_part_it_is(tmp_path):
    """A few kilobytes that would be 10 gigapixels."""
    bomb = png(100_000, 100_000, rows=bytes(10**6))
    assert len(bomb) < 3000
    image, trimap = (as_png(one) for one in scene())
    with client_of(settings(tmp_path)) as client:
        for files in ({"image": bomb, "trimap": trimap}, {"image": image, "mask": bomb}):
            answer = client.post("/v1/alpha", files=form(**files))
            assert "is 100000 x 100000 pixels" in refused(answer, 413)
        assert refused(client.post("/v1/drafts", files=form(image=bomb)), 413)


@pytest.mark.parametrize("content", [b"", b"text", b"\x76\x2f\x31\x01", b"II*\0", b"\xff\xd8\xff"])
def test_what_is_no_picture_is_refused(content):
    with pytest.raises(ImageError, match=r"^image: "):
        check_size(content, "image", 10**6)


def test_names_of_files_are_not_used(tmp_path):
    """Whatever they are: the answer is the same, and nothing is written or read by them."""
    image, trimap = (as_png(one) for one in scene())
    victim = tmp_path / "victim"
    names = [
        str(victim),
        "../victim",
        "..\\victim",
        "a\0b",
        "CON",
        "",
        " ",
        "x" * 3000,
        "ä.cr2",
        "a.exr",
    ]
    with client_of(settings(tmp_path)) as client:
        answers = {
            client.post(
                "/v1/alpha", files={"image": (name, image), "trimap": (name, trimap)}
            ).content
            for name in names
            if name
        }
    assert len(answers) == 1
    Image.open(io.BytesIO(answers.pop())).load()
    assert not victim.exists()
