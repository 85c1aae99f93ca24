import numpy as np
import pytest

from atnet.jobs.photo import demo_photograph
from atnet.matting.predictor import Matting
from atnet.matting.result import Result
from image_files import decoded
from server_files import (
    client_of,
    form,
    lines_of,
    pixels_of,
    png,
    refused,
    scene,
    service_in,
    settings,
)


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("network")


@pytest.fixture(scope="module")
def client(folder):
    with client_of(settings(folder)) as client:
        yield client


@pytest.fixture
def opened(client):
    """The address of a draft with a trimap."""
    image, trimap = scene(300, 200)
    answer = client.post("/v1/drafts", files=form(image=png(image)))
    assert answer.status_code == 201, answer.text
    told = answer.json()
    assert (told["width"], told["height"], told["trimap"]) == (300, 200, False)
    assert answer.headers["location"] == f"/v1/drafts/{told['id']}"
    address = answer.headers["location"]
    refused(client.post(f"{address}/matte"), 409)
    refused(client.get(f"{address}/trimap.png"), 409)
    given = client.post(f"{address}/trimap", files=form(trimap=png(trimap)))
    np.testing.assert_array_equal(pixels_of(given), trimap)
    return address


def test_a_draft_goes_from_photograph_to_cutout(client, opened, folder):
    image, trimap = scene(300, 200)
    np.testing.assert_array_equal(pixels_of(client.get(f"{opened}/image.png")), image)
    np.testing.assert_array_equal(pixels_of(client.get(f"{opened}/trimap.png")), trimap)
    for name in ("alpha", "cutout", "foreground"):
        assert "matte it first" in refused(client.get(f"{opened}/{name}.png"), 409)
    answer = client.post(f"{opened}/matte")
    assert answer.headers["content-type"] == "application/x-ndjson"
    *steps, last = lines_of(answer)
    assert steps[0]["done"] == 0
    assert steps[-1]["done"] == steps[-1]["of"] > 0
    assert last["version"] == 1
    assert last["box"] == [0, 0, 300, 200]
    expected = Result(image, Matting(settings(folder).preset, quality="fast").alpha(image, trimap))
    for name in ("alpha", "cutout", "foreground"):
        for bits in (8, 16):
            found = decoded(client.get(f"{opened}/{name}.png?bits={bits}").content, bits)
            pixels = getattr(expected, name) * (2**bits - 1)
            np.testing.assert_allclose(found, pixels, atol=0.51 if bits == 8 else 2)


def test_only_what_a_stroke_changes_is_told_and_changed(client, opened, folder):
    image, trimap = scene(300, 200)
    client.post(f"{opened}/matte")
    before = pixels_of(client.get(f"{opened}/cutout.png"))
    trimap[90:100, 140:150] = 255
    client.post(f"{opened}/trimap", files=form(trimap=png(trimap)))
    *_, last = lines_of(client.post(f"{opened}/matte"))
    assert last["version"] == 2
    x, y, width, height = last["box"]
    assert (x, y, width, height) == (140, 90, 10, 10)  # this network sees nothing around
    part = pixels_of(client.get(f"{opened}/cutout.png?box={x},{y},{width},{height}&version=2"))
    after = pixels_of(client.get(f"{opened}/cutout.png"))
    np.testing.assert_array_equal(part, after[y : y + height, x : x + width])
    assert (part[..., 3] == 255).all()
    np.testing.assert_array_equal(part[..., :3], image[90:100, 140:150])
    far = np.ones(trimap.shape, bool)
    far[: 100 + 128, :] = False
    np.testing.assert_array_equal(after[..., 3][trimap == 0], before[..., 3][trimap == 0])
    expected = Result(image, Matting(settings(folder).preset, quality="fast").alpha(image, trimap))
    # Colours are found anew only near by, from a part of the picture.
    difference = np.abs(after / 255 - expected.cutout)
    assert difference[..., 3].max() < 0.003
    assert difference[trimap == 128].mean() < 0.01


def test_matting_again_without_a_change_tells_an_empty_box(client, opened):
    client.post(f"{opened}/matte")
    assert lines_of(client.post(f"{opened}/matte"))[-1]["box"] == [0, 0, 0, 0]
    *steps, last = lines_of(client.post(f"{opened}/matte"))
    assert steps == []
    assert last["version"] == 1
    *steps, _ = lines_of(client.post(f"{opened}/matte?quality=standard"))
    assert steps  # another quality is another alpha


def test_boxes_outside_of_the_picture_are_refused(client, opened):
    client.post(f"{opened}/matte")
    for box in ("0,0,301,10", "299,199,2,1", "0,0,0,5", "a"):
        refused(client.get(f"{opened}/cutout.png?box={box}"), 422)


def test_a_hint_may_be_a_box(client):
    opened = client.post("/v1/drafts?example=true").headers["location"]
    answer = client.post(f"{opened}/trimap", files={"box": (None, "150,10,350,420")})
    assert set(np.unique(pixels_of(answer))) <= {0, 128, 255}
    np.testing.assert_array_equal(pixels_of(client.get(f"{opened}/trimap.png")), pixels_of(answer))


def test_a_wrong_trimap_leaves_the_one_before(client, opened):
    for wrong in (scene(30, 20)[1], np.zeros((200, 300), np.uint8)):
        refused(client.post(f"{opened}/trimap", files=form(trimap=png(wrong))), 422)
    kept = pixels_of(client.get(f"{opened}/trimap.png"))
    np.testing.assert_array_equal(kept, scene(300, 200)[1])


def test_the_example_has_its_trimap(client):
    answer = client.post("/v1/drafts?example=true")
    assert answer.status_code == 201
    assert answer.json()["trimap"] is True
    address = answer.headers["location"]
    photograph, trimap = demo_photograph()
    np.testing.assert_array_equal(pixels_of(client.get(f"{address}/trimap.png")), trimap)
    shown = pixels_of(client.get(f"{address}/image.png"))
    np.testing.assert_array_equal(shown, photograph.pixels)


def test_a_draft_that_is_gone_is_a_problem_everywhere(client, opened):
    assert client.delete(opened).status_code == 204
    for name in ("image", "trimap", "alpha", "cutout", "foreground"):
        assert "no such draft" in refused(client.get(f"{opened}/{name}.png"), 404)
    refused(client.post(f"{opened}/matte"), 404)
    refused(client.post(f"{opened}/trimap", files=form(trimap=png(scene()[1]))), 404)
    refused(client.delete(opened), 404)


def test_a_full_queue_is_told_before_anything_is_sent(folder):
    with client_of(settings(folder, places=1)) as other:
        address = other.post("/v1/drafts?example=true").headers["location"]
        with service_in(other).mattings.place():
            answer = other.post(f"{address}/matte")
            assert "all 1 places" in refused(answer, 503)
            assert int(answer.headers["retry-after"]) > 0
        assert lines_of(other.post(f"{address}/matte"))[-1]["version"] == 1
