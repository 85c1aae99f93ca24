import numpy as np
import pytest

from atnet.files.images import Photograph
from atnet.files.metadata import Metadata
from atnet.foreground import estimate_foreground
from atnet.matting.predictor import Estimate
from atnet.server.drafts import BYTES_PER_PIXEL, Draft, Drafts
from atnet.server.refusals import Refusal
from atnet.tiling import Rectangle


def draft(height=4, width=5):
    return Draft(Photograph(np.zeros((height, width, 3), np.float32), Metadata()))


class Clock:
    now = 0.0

    def __call__(self):
        return self.now


def test_ids_are_long_and_never_the_same():
    ids = {draft().id for _ in range(100)}
    assert len(ids) == 100
    assert min(map(len, ids)) >= 24  # 144 bits


def test_both_depths_are_kept_exactly():
    eight = np.arange(256, dtype=np.float32).reshape(1, 256, 1).repeat(3, axis=2) / np.float32(255)
    assert (Draft(Photograph(eight, Metadata())).image[0, :, 0] == np.arange(256) * 257).all()
    deep = np.arange(65536, dtype=np.float32).reshape(1, -1, 1).repeat(3, axis=2) / np.float32(
        65535
    )
    assert (Draft(Photograph(deep, Metadata())).image[0, :, 0] == np.arange(65536)).all()


def test_the_one_that_was_left_alone_longest_goes_first():
    drafts = Drafts(count=2, most_bytes=10**6, idle=100)
    first, second, third = draft(), draft(), draft()
    drafts.add(first)
    drafts.add(second)
    drafts.get(first.id)
    drafts.add(third)
    assert drafts.get(first.id) is first
    assert drafts.get(third.id) is third
    with pytest.raises(Refusal, match="no such draft") as caught:
        drafts.get(second.id)
    assert caught.value.status == 404


def test_bytes_are_bounded():
    size = 20 * BYTES_PER_PIXEL
    drafts = Drafts(count=99, most_bytes=3 * size, idle=100)
    for _ in range(9):
        drafts.add(draft())
        assert drafts.bytes <= 3 * size
    assert len(drafts) == 3
    with pytest.raises(Refusal, match="scale the image down") as caught:
        drafts.add(draft(8, 8))
    assert caught.value.status == 413
    assert len(drafts) == 3


def test_idle_ones_go_and_asking_keeps_one_alive():
    clock = Clock()
    drafts = Drafts(9, 10**6, idle=100, clock=clock)
    kept, lost = draft(), draft()
    drafts.add(kept)
    drafts.add(lost)
    clock.now = 90
    drafts.get(kept.id)
    clock.now = 150
    drafts.drop_idle()
    assert len(drafts) == 1
    assert drafts.get(kept.id) is kept
    with pytest.raises(Refusal):
        drafts.drop(lost.id)
    drafts.drop(kept.id)
    assert drafts.bytes == 0


def test_a_new_alpha_tells_the_box_of_what_changed():
    one = draft(40, 50)
    trimap = np.zeros((40, 50), np.uint8)
    alpha = np.zeros((40, 50), np.float32)
    assert one.set_estimate(Estimate(trimap, alpha, 1.0), "fast") == Rectangle(0, 0, 40, 50)
    alpha = alpha.copy()
    alpha[10, 20] = alpha[12, 25] = 1
    assert one.set_estimate(Estimate(trimap, alpha, 1.0), "fast") == Rectangle(10, 20, 3, 6)
    assert one.version == 2
    assert one.set_estimate(Estimate(trimap, alpha.copy(), 1.0), "fast") == Rectangle(0, 0, 0, 0)
    assert one.version == 2


def test_colours_are_found_anew_near_what_changed_and_kept_elsewhere():
    rng = np.random.default_rng(0)
    image = rng.random((60, 900, 3), np.float32)
    one = Draft(Photograph(image, Metadata()))
    trimap = np.full((60, 900), 128, np.uint8)
    alpha = np.linspace(0.05, 0.95, 900, dtype=np.float32)[None].repeat(60, axis=0)
    one.set_estimate(Estimate(trimap, alpha, 1.0), None)
    before = one.foreground().copy()
    changed = alpha.copy()
    changed[20:30, 100:120] = 1
    one.set_estimate(Estimate(trimap, changed, 1.0), None)
    after = one.foreground()
    np.testing.assert_array_equal(after[:, 120 + 128 :], before[:, 120 + 128 :])
    np.testing.assert_allclose(after[20:30, 100:120] / 65535, image[20:30, 100:120], atol=1e-4)
    whole = estimate_foreground(one.image, changed)
    assert np.abs(after / 65535 - whole).mean() < 0.002
    assert one.foreground() is after
