import io

import numpy as np
import pytest
import tifffile
from PIL import Image

from atnet.matting.predictor import Matting
from atnet.matting.result import matte
from atnet.subjects.hints import Box, RoughMask, Scribbles
from image_files import decoded
from server_files import both, client_of, form, pixels_of, png, refused, scene, settings


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("network")


@pytest.fixture(scope="module")
def client(folder):
    with client_of(settings(folder)) as client:
        yield client


@pytest.fixture(scope="module")
def result(folder):
    return matte(*scene(), Matting(settings(folder).preset, quality="fast"))


@pytest.mark.parametrize("bits", [8, 16])
def test_alpha_and_cutout_are_the_librarys(client, result, bits):
    for route, expected in (("alpha", result.alpha), ("cutout", result.cutout)):
        answer = client.post(f"/v1/{route}?bits={bits}", files=both())
        assert answer.status_code == 200, answer.text
        assert answer.headers["content-type"] == "image/png"
        found = decoded(answer.content, bits)
        np.testing.assert_allclose(found, expected * (2**bits - 1), atol=0.51)


def test_other_formats(client, result):
    answer = client.post("/v1/alpha?format=tiff&bits=16", files=both())
    assert answer.headers["content-type"] == "image/tiff"
    deep = tifffile.imread(io.BytesIO(answer.content))
    np.testing.assert_allclose(deep, result.alpha * 65535, atol=0.51)
    answer = client.post("/v1/cutout?format=webp", files=both())
    assert answer.headers["content-type"] == "image/webp"
    with Image.open(io.BytesIO(answer.content)) as picture:
        assert picture.mode == "RGBA"
        np.testing.assert_allclose(np.asarray(picture)[..., 3], result.alpha * 255, atol=0.51)
    assert "cannot hold 16 bits" in refused(
        client.post("/v1/alpha?format=webp&bits=16", files=both()), 422
    )


def test_every_hint_makes_the_librarys_trimap(client):
    image = np.full((80, 100, 3), (20, 40, 60), np.uint8)
    image[20:60, 30:70] = 200, 180, 90
    image += np.random.default_rng(1).integers(0, 9, image.shape, dtype=np.uint8)
    mask = np.zeros((80, 100), np.uint8)
    mask[20:60, 30:70] = 255
    strokes = np.full((80, 100), 128, np.uint8)
    strokes[35:45, 45:55], strokes[5:10, 5:95] = 255, 0
    cases = {
        "mask": RoughMask(mask),
        "scribbles": Scribbles(np.dstack([strokes] * 3)),
        "trimap": None,
    }
    for kind, hint in cases.items():
        drawn = {"mask": mask, "scribbles": strokes, "trimap": np.where(mask, 255, strokes * 0)}[
            kind
        ]
        drawn = drawn.astype(np.uint8)
        files = form(image=png(image), **{kind: png(drawn)})
        found = pixels_of(client.post("/v1/trimap", files=files))
        expected = drawn if hint is None else hint.trimap(image)
        np.testing.assert_array_equal(found, expected)
    answer = client.post("/v1/trimap", files=form(image=png(image)), data={"box": "20,10,60,60"})
    np.testing.assert_array_equal(pixels_of(answer), Box(20, 10, 60, 60).trimap(image))


def test_the_quality_can_be_asked_for(client, folder):
    answer = client.post("/v1/alpha?quality=standard&bits=16", files=both())
    expected = Matting(settings(folder).preset, quality="standard").alpha(*scene())
    np.testing.assert_allclose(decoded(answer.content, 16), expected * 65535, atol=0.51)


IMAGE, TRIMAP = (png(one) for one in scene())


@pytest.mark.parametrize(
    ("files", "data", "status", "words"),
    [
        ({"image": IMAGE}, {}, 422, "give exactly one of trimap, mask, scribbles, box"),
        ({"trimap": TRIMAP}, {}, 422, "0 parts 'image'; give one"),
        ({"image": IMAGE, "trimap": TRIMAP}, {"box": "1,1,9,9"}, 422, "the form has box, trimap"),
        ({"image": IMAGE, "alpha": TRIMAP}, {}, 422, "part 'alpha'; allowed are image, trimap"),
        ({"image": IMAGE}, {"mask": "white"}, 422, "part mask must be a file"),
        ({"image": IMAGE, "box": TRIMAP}, {}, 422, "part box must be text"),
        ({"image": IMAGE}, {"box": "1,1,9"}, 422, "box is '1,1,9'; give x,y,width,height"),
        ({"image": IMAGE}, {"box": "1," * 100}, 400, "Part exceeded maximum size"),
        ({"image": b"GIF", "trimap": TRIMAP}, {}, 422, "image: is not a JPEG, PNG, TIFF"),
        ({"image": b"", "trimap": TRIMAP}, {}, 422, "image: is empty"),
        ({"image": IMAGE[:900], "trimap": TRIMAP}, {}, 422, "image: is damaged or truncated"),
        ({"image": b"\x76\x2f\x31\x01", "trimap": TRIMAP}, {}, 422, "image: is an OpenEXR file"),
        ({"image": b"II*\0junk", "trimap": TRIMAP}, {}, 422, "image: has a broken header"),
        ({"image": IMAGE, "trimap": png(scene()[1][:20])}, {}, 422,
         "trimap: is 60 x 20 pixels, but the image is 60 x 40: give a trimap of the image's size"),
        ({"image": IMAGE, "trimap": IMAGE}, {}, 422, "trimap"),
        ({"image": IMAGE, "mask": png(np.zeros((40, 60), np.uint8))}, {}, 422,
         "mask: its values are 0 to 0 of 255, all of it background"),
    ],
)  # fmt: skip
def test_what_cannot_be_used_is_refused_in_the_words_of_the_command_line(
    client, files, data, status, words
):
    detail = refused(client.post("/v1/alpha", files=form(**files), data=data), status)
    assert words in detail
    assert "passwd" not in detail


@pytest.mark.parametrize("query", ["format=bmp", "bits=9", "quality=bets"])
def test_wrong_queries_are_refused(client, query):
    name, value = query.split("=")
    assert f"{name} is '{value}'" in refused(client.post(f"/v1/alpha?{query}", files=both()), 422)


def test_a_body_that_is_no_form_is_refused(client):
    assert "send a form" in refused(client.post("/v1/alpha", json={}), 415)
    broken = client.post(
        "/v1/alpha",
        content=b"no form",
        headers={"content-type": "multipart/form-data; boundary=x"},
    )
    refused(broken, 400)
    nothing = client.post("/v1/alpha", headers={"content-type": "multipart/form-data"})
    refused(nothing, 400)
