import numpy as np
import pytest
from PIL import Image

from atnet.data.scenes import Scene, find_problems, read_8_bits, read_exactly
from atnet.files.images import write_image
from scene_files import disc_scene, save


@pytest.fixture
def scene(tmp_path):
    image, trimap, alpha = disc_scene()
    return Scene(
        "disc",
        save(tmp_path / "image.png", image),
        save(tmp_path / "trimap.png", trimap),
        save(tmp_path / "alpha.png", alpha),
    )


def test_arrays_are_the_files_values(scene):
    image, trimap, alpha = disc_scene()
    np.testing.assert_array_equal(scene.read_image(), image / np.float32(255))
    np.testing.assert_array_equal(scene.read_trimap(), trimap)
    np.testing.assert_array_equal(scene.read_alpha(), alpha)
    assert Scene("bare", scene.image).read_alpha() is None


def test_every_8_bit_value_is_read_exactly_and_16_bits_are_kept(tmp_path):
    values = np.arange(256, dtype=np.uint8).reshape(16, 16)
    path = save(tmp_path / "alpha.png", values)
    np.testing.assert_array_equal(read_8_bits(path), values)
    exact = read_exactly(path)
    assert exact.dtype == np.uint8
    np.testing.assert_array_equal(exact, values)
    write_image(tmp_path / "deep.png", np.full((2, 2), 0.3001, np.float32), bits=16)
    np.testing.assert_allclose(read_exactly(tmp_path / "deep.png"), 0.3001, atol=1e-5)


def test_the_original_policy_dilates_by_a_diamond_and_keeps_the_foreground(tmp_path):
    alpha = np.zeros((61, 61), np.uint8)
    alpha[30, 30], alpha[30, 31] = 255, 7
    trimap = Scene("dot", tmp_path, alpha=save(tmp_path / "a.png", alpha)).read_trimap("original")
    rows, columns = np.indices(alpha.shape)
    near = np.minimum(
        abs(rows - 30) + abs(columns - 30), abs(rows - 30) + abs(columns - 31)
    )  # 20 crosses make the L1 ball of radius 20
    expected = np.where(near <= 20, 128, 0)
    expected[30, 30] = 255
    np.testing.assert_array_equal(trimap, expected)


def test_the_band_policy_erodes_both_sides_by_ten_pixels(tmp_path):
    alpha = np.zeros((5, 100), np.uint8)
    alpha[:, 50:] = 255
    trimap = Scene("edge", tmp_path, alpha=save(tmp_path / "a.png", alpha)).read_trimap("band")
    assert np.flatnonzero(trimap[2] == 128).tolist() == list(range(40, 60))


@pytest.mark.parametrize(("policy", "lacks"), [("supplied", "no trimap"), ("band", "true alpha")])
def test_a_trimap_needs_a_source(scene, policy, lacks):
    bare = Scene("bare", scene.image)
    assert lacks in find_problems([bare], policy)[0]
    with pytest.raises(ValueError, match=lacks):
        bare.read_trimap(policy)


def test_a_good_scene_has_no_problems(scene):
    assert find_problems([scene]) == []


def test_all_problems_are_named_at_once(tmp_path, scene):
    small = save(tmp_path / "small.png", np.zeros((4, 6), np.uint8))
    broken = tmp_path / "broken.png"
    broken.write_bytes(b"no picture")
    problems = find_problems(
        [
            scene,
            Scene("small", scene.image, small),
            Scene("broken", broken, scene.trimap),
            Scene("gone", tmp_path / "gone.png", scene.trimap),
        ]
    )
    assert problems[0] == "small: sizes differ: image 72 x 64, trimap 6 x 4"
    assert problems[1].startswith(f"broken: image {broken} cannot be read")
    assert problems[2] == f"gone: image {tmp_path / 'gone.png'} is missing"
    assert len(problems) == 3


def test_sizes_from_headers_heed_the_camera_orientation(tmp_path, scene):
    image, _, _ = disc_scene()
    exif = Image.Exif()
    exif[0x0112] = 6
    Image.fromarray(np.rot90(image)).save(tmp_path / "turned.jpg", exif=exif)
    assert find_problems([Scene("turned", tmp_path / "turned.jpg", scene.trimap)]) == []


def test_trimaps_are_not_problems_where_they_are_made(tmp_path, scene):
    other = Scene("made", scene.image, tmp_path / "gone.png", scene.alpha)
    assert find_problems([other], "band") == []
