import io
import json
import math
from itertools import pairwise
from pathlib import Path

import cv2
import numpy as np
import pytest
from PIL import Image

from atnet.evaluation.metrics import connectivity_error, gradient_error, mse, sad, score

FIXTURES = Path(__file__).parents[1] / "fixtures" / "metrics"
FUNCTIONS = (sad, mse, gradient_error, connectivity_error)
EXPECTED = json.loads((FIXTURES / "expected.json").read_text())


def unknown_pixels(trimap):
    return [at for at in np.ndindex(*trimap.shape) if trimap[at] == 128]


def literal_sad_and_mse(prediction, alpha, trimap):
    p, a = (values / (255 if values.dtype == np.uint8 else 1) for values in (prediction, alpha))
    differences = [float(p[at]) - float(a[at]) for at in unknown_pixels(trimap)]
    squares = [difference**2 for difference in differences]
    return sum(map(abs, differences)) / 1000, sum(squares) / max(len(squares), 1)


def literal_amplitude(values):
    values = values.astype(np.float64)
    if values.max() > values.min():
        values = (values - values.min()) / (values.max() - values.min())
    x = np.arange(-4, 5)
    kernel = np.array([[-j * math.exp(-(i * i + j * j) / (2 * 1.4**2)) for j in x] for i in x])
    kernel /= math.sqrt((kernel**2).sum())
    padded, amplitude = np.pad(values, 4, mode="edge"), np.zeros(values.shape)
    for at in np.ndindex(*values.shape):
        window = padded[at[0] : at[0] + 9, at[1] : at[1] + 9][::-1, ::-1]
        amplitude[at] = math.hypot((window * kernel).sum(), (window * kernel.T).sum())
    return amplitude


def literal_gradient(prediction, alpha, trimap):
    p, a = map(literal_amplitude, (prediction, alpha))
    return sum((p[at] - a[at]) ** 2 for at in unknown_pixels(trimap)) / 1000


def literal_components(mask):
    """List the 4-connected components in column-major order of their first pixels."""
    waiting = {(y, x) for y, x in np.ndindex(*mask.shape) if mask[y, x]}
    components = []
    while waiting:
        component = [min(waiting, key=lambda at: (at[1], at[0]))]
        waiting.remove(component[0])
        for y, x in component:  # grows while it is walked
            near = {(y - 1, x), (y + 1, x), (y, x - 1), (y, x + 1)} & waiting
            waiting -= near
            component.extend(near)
        components.append(component)
    return components


def literal_connectivity(prediction, alpha, trimap):
    thresholds = [np.float32(k * 0.1) for k in range(11)]
    scales = [np.float32(255 if part.dtype == np.uint8 else 1) for part in (prediction, alpha)]
    p, a = prediction.astype(np.float32) / scales[0], alpha.astype(np.float32) / scales[1]
    level = np.full(p.shape, -1, np.float32)
    for previous, threshold in pairwise(thresholds):
        components = literal_components((p >= threshold) & (a >= threshold))
        omega = np.zeros(p.shape, bool)
        for at in max(components, key=len, default=[]):  # the first of several longest
            omega[at] = True
        level[~omega & (level == -1)] = previous
    level[level == -1] = 1
    phi_p, phi_a = (
        np.where(values - level >= np.float32(0.15), 1 - (values - level), 1) for values in (p, a)
    )
    return sum(abs(float(phi_p[at]) - float(phi_a[at])) for at in unknown_pixels(trimap)) / 1000


def literal_score(*case):
    return [*literal_sad_and_mse(*case), literal_gradient(*case), literal_connectivity(*case)]


def blobs(random, shape):
    noise = cv2.GaussianBlur(random.random(shape), (0, 0), 1.5)
    return np.clip(0.5 + (noise - noise.mean()) / (2 * noise.std() + 1e-9), 0, 1)


MAKERS = {
    "blobs": lambda random, shape: np.uint8(255 * blobs(random, shape)),
    "noise": lambda random, shape: random.random(shape),
    "tenths": lambda random, shape: np.float32(random.integers(0, 11, shape) / 10),
    "fifths": lambda random, shape: 51 * random.integers(0, 6, shape, dtype=np.uint8),
    "binary": lambda random, shape: 255 * random.integers(0, 2, shape, dtype=np.uint8),
    "low range": lambda random, shape: np.uint8(80 + 50 * blobs(random, shape)),
}


def random_case(kind, shape):
    random, make = np.random.default_rng(shape), MAKERS[kind]
    trimap = random.choice(np.array([0, 128, 255], np.uint8), shape, p=[0.2, 0.6, 0.2])
    return make(random, shape), make(random, shape), trimap


def all_unknown(values):
    return np.full(np.shape(values), 128, np.uint8)


@pytest.mark.parametrize("name", EXPECTED)
def test_equals_the_published_matlab_code(name):
    parts = ("pred", "alpha", "trimap")
    case = [np.asarray(Image.open(FIXTURES / f"{name}_{part}.png")) for part in parts]
    assert list(score(*case)) == pytest.approx(list(EXPECTED[name].values()), rel=1e-6, abs=1e-8)


@pytest.mark.parametrize("shape", [(13, 21), (22, 9), (1, 17), (17, 1), (2, 2), (1, 1)])
@pytest.mark.parametrize("kind", MAKERS)
def test_equals_the_literal_definitions(kind, shape):
    case = random_case(kind, shape)
    assert list(score(*case)) == pytest.approx(literal_score(*case), rel=1e-5, abs=1e-12)


@pytest.mark.parametrize("top", [0, 11, 22])
@pytest.mark.parametrize("left", [0, 17, 29])
def test_small_unknown_region_is_scored_within_the_whole_image(top, left):
    case = random_case("blobs", (26, 32))
    case[2][:] = 0
    case[2][top : top + 4, left : left + 3] = 128
    assert list(score(*case)) == pytest.approx(literal_score(*case), rel=2e-6)


def test_sad_and_mse_of_the_unknown_pixels():
    prediction, alpha = np.array([[[0, 51, 255, 10]], [[255, 0, 255, 200]]], np.uint8)
    trimap = np.array([[128, 128, 128, 0]], np.uint8)
    # |differences| 1, 0.2 and 0; the last pixel is known
    assert sad(prediction, alpha, trimap) == pytest.approx(1.2 / 1000, rel=1e-12)
    assert mse(prediction, alpha, trimap) == pytest.approx((1 + 0.04 + 0) / 3, rel=1e-12)


def test_gradient_of_a_step():
    alpha = np.repeat([[0.0] * 10 + [1.0] * 10], 5, axis=0)
    trimap = np.zeros((5, 20), np.uint8)
    trimap[:, 10] = 128
    # With g(x) = exp(-x^2 / 3.92): g = 1, 0.774837, 0.360448, 0.100669, 0.016880 for x = 0..4.
    # Along the step: sum g / |g| = 3.505668 / sqrt(2.481430) = 2.225460.
    # Across it, ones lie at x = 0..4: sum x g / |x g| = 1.865259 / sqrt(2.431661) = 1.196156.
    # Amplitude 2.225460 * 1.196156 = 2.661997, its square 7.086226, in each of five pixels.
    error = gradient_error(np.zeros_like(alpha), alpha, trimap)
    assert error == pytest.approx(5 * 7.086226 / 1000, rel=1e-6)


@pytest.mark.parametrize("level", [0, 77, 255])
def test_constant_map_has_no_gradient(level):
    alpha, _, trimap = random_case("blobs", (12, 15))
    constant = np.full_like(alpha, level)
    assert gradient_error(constant, np.full_like(alpha, 30), trimap) == 0
    expected = (literal_amplitude(alpha)[trimap == 128] ** 2).sum() / 1000
    assert gradient_error(constant, alpha, trimap) == pytest.approx(expected, rel=2e-6)


def test_connectivity_takes_a_small_object_not_the_large_background():
    alpha = np.array([[1, 1, 0, 0, 0, 0, 0, 0, 0, 0]], np.float32)
    prediction = np.array([[1, 0.6, 0, 0, 0, 0, 0, 0, 0, 0]], np.float32)
    # The second pixel belongs to the object up to 0.6, so its level is 0.6.
    # Truth: 1 - (1 - 0.6) = 0.6; prediction: d = 0, hence 1. All others agree.
    assert connectivity_error(prediction, alpha, all_unknown(alpha)) == pytest.approx(0.4 / 1000)


@pytest.mark.parametrize(
    ("first", "second"),
    [([(1, 0), (2, 0)], [(0, 1), (0, 2)]), ([(0, 0), (0, 1)], [(2, 0), (2, 1)])],
)
@pytest.mark.parametrize(("of_first", "of_second", "total"), [(0.9, 0.6, 0.8), (0.6, 0.9, 1.0)])
def test_first_of_equal_components_in_column_major_order(first, second, of_first, of_second, total):
    alpha, prediction = np.zeros((2, 3, 3), np.float32)
    for component, value in ((first, of_first), (second, of_second)):
        for at in component:
            alpha[at], prediction[at] = 1, value
    # Up to 0.6 both have two pixels and the first one is taken: the second has level 0.
    # First 0.9: level 0.9, d = 0.1 and 0, no error. Second 0.6: d = 1 and 0.6, 0.4 a pixel.
    # First 0.6: level 0.6, d = 0.4 and 0, 0.4 a pixel. Second 0.9: d = 1 and 0.9, 0.1 a pixel.
    error = connectivity_error(prediction, alpha, all_unknown(alpha))
    assert error == pytest.approx(total / 1000, rel=1e-6)


def test_threshold_that_nothing_reaches_leaves_the_previous_level():
    prediction, alpha = np.full((2, 50, 50), [[[0.55]], [[0.75]]])
    # Level 0.5 everywhere: d = 0.05 counts as 0, d = 0.25 as 0.25, in 2500 pixels.
    assert connectivity_error(prediction, alpha, all_unknown(alpha)) == pytest.approx(0.625)


REACHED = [
    *((np.uint8(51 * k), k / 5) for k in range(1, 5)),
    *((dtype(k / 10), k / 10) for k in range(1, 10) for dtype in (np.float32, np.float64)),
    *((np.uint8(50), 0.1), (np.float32(0.2999999), 0.2)),  # just below
]


@pytest.mark.parametrize(("value", "level"), REACHED)
def test_value_on_a_threshold_reaches_it(value, level):
    prediction, alpha = np.array([[value]]), np.ones((1, 1))
    # prediction: d < 0.1, hence 1; truth: 1 - (1 - level), or 1 if 1 - level < 0.15
    expected = 1 - level if 1 - level >= 0.15 else 0
    error = connectivity_error(prediction, alpha, all_unknown(alpha))
    assert error == pytest.approx(expected / 1000, rel=1e-6)


@pytest.mark.parametrize(
    ("value", "expected"),
    [(np.float32(0.15), 0.15), (np.float32(0.1499999), 0), (np.uint8(39), 39 / 255)],
)
def test_connectivity_ignores_small_distances(value, expected):
    prediction = np.array([[value]])
    error = connectivity_error(prediction, np.zeros((1, 1)), all_unknown(prediction))
    assert error == pytest.approx(expected / 1000, rel=1e-6)


def test_one_pixel():
    prediction, alpha = np.array([[[102]], [[204]]], np.uint8)
    # Level 0.4: prediction 1, truth 1 - (0.8 - 0.4) = 0.6.
    expected = {"sad": 0.4 / 1000, "mse": 0.16, "gradient": 0, "connectivity": 0.4 / 1000}
    assert score(prediction, alpha, all_unknown(alpha))._asdict() == pytest.approx(expected)


def test_score_holds_what_the_functions_return():
    case = random_case("blobs", (40, 30))
    assert score(*case) == tuple(function(*case) for function in FUNCTIONS)


def test_nothing_unknown_is_no_error():
    prediction, alpha, trimap = random_case("noise", (12, 9))
    assert score(prediction, alpha, np.where(trimap == 128, 0, trimap)) == (0, 0, 0, 0)


@pytest.mark.parametrize("kind", MAKERS)
def test_equal_maps_are_no_error_wherever_they_lie_in_memory(kind):
    _, alpha, trimap = random_case(kind, (37, 41))
    for offset in range(8):
        shifted = np.zeros(alpha.size + offset, alpha.dtype)[offset:].reshape(alpha.shape)
        shifted[:] = alpha
        assert score(shifted, alpha, trimap) == (0, 0, 0, 0)


@pytest.mark.parametrize("turn", [np.flipud, np.fliplr, np.rot90, np.transpose])
def test_sad_mse_and_gradient_do_not_depend_on_orientation(turn):
    case = random_case("blobs", (34, 27))
    assert score(*map(turn, case))[:3] == pytest.approx(score(*case)[:3], rel=1e-6)


def test_memory_layout_does_not_matter():
    case = random_case("fifths", (34, 27))
    assert score(*map(np.asfortranarray, case)) == score(*case)
    reversed_twice = [np.ascontiguousarray(part[::-1, ::-1])[::-1, ::-1] for part in case]
    assert score(*reversed_twice) == score(*case)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_types_agree(dtype):
    prediction, alpha, trimap = random_case("blobs", (34, 27))
    converted = (prediction / 255).astype(dtype), (alpha / 255).astype(dtype)
    expected = score(prediction, alpha, trimap)
    assert score(*converted, trimap) == pytest.approx(expected, rel=1e-6)
    assert score(prediction, converted[1], trimap) == pytest.approx(expected, rel=1e-6)


DEEP = np.random.default_rng(0).integers(0, 65536, (20, 30), dtype=np.uint16)


@pytest.mark.parametrize(
    ("values", "highest"),
    [(DEEP, 65535), (DEEP > 40000, 1), ((DEEP / 65535).astype(np.float16), 1)],
    ids=["uint16", "bool", "float16"],
)
def test_other_types_score_exactly_as_their_values(values, highest):
    same = values.astype(np.float64) / highest
    _, alpha, trimap = random_case("blobs", values.shape)
    assert score(values, alpha, trimap) == score(same, alpha, trimap)
    assert score(alpha, values, trimap) == score(alpha, same, trimap)


def png(pixels):
    file = io.BytesIO()
    Image.fromarray(pixels).save(file, "PNG")
    return file.getvalue()


def saved(path, pixels):
    path.write_bytes(png(pixels))
    return path


@pytest.mark.parametrize(
    "form",
    [
        lambda pixels, _: png(pixels),
        lambda pixels, _: io.BytesIO(png(pixels)),
        lambda pixels, _: Image.fromarray(pixels),
        lambda pixels, path: saved(path, pixels),
        lambda pixels, path: str(saved(path, pixels)),
    ],
    ids=["bytes", "file", "pillow", "path", "text"],
)
def test_files_of_8_bits_score_exactly_as_their_numbers(form, tmp_path):
    values = np.arange(256, dtype=np.uint8).reshape(16, 16)
    maps = (values, values[::-1].copy(), np.full((16, 16), 128, np.uint8))
    given = [form(pixels, tmp_path / f"{number}.png") for number, pixels in enumerate(maps)]
    assert score(*given) == score(*maps)


def test_files_of_16_bits_keep_their_precision():
    alpha = np.full((10, 10), 40000, np.uint16)
    trimap = np.full((10, 10), 128, np.uint8)
    found = score(png(alpha + np.uint16(3)), png(alpha), png(trimap))
    assert found.sad == pytest.approx(100 * 3 / 65535 / 1000, rel=1e-2)


def test_trimaps_of_files_are_snapped_and_those_of_arrays_refused():
    alpha, trimap = np.full((4, 4), 99, np.uint8), np.full((4, 4), 127, np.uint8)
    with pytest.warns(UserWarning, match="16 pixels"):
        assert score(alpha // 2, alpha, png(trimap)).sad > 0
    with pytest.raises(ValueError, match="snap_trimap corrects"):
        score(alpha // 2, alpha, trimap)


@pytest.mark.parametrize("given", [[[0.5]], None, 3])
def test_what_is_no_picture_is_refused_by_name(given):
    good = np.full((1, 1), 128, np.uint8)
    for maps in ((given, good, good), (good, given, good), (good, good, given)):
        with pytest.raises(ValueError, match=f"a {type(given).__name__}; give a path") as caught:
            score(*maps)
        assert "\n" not in str(caught.value)


def test_known_pixels_count_as_stored():
    alpha, prediction = np.ones((1, 5), np.float32), np.array([[1, 1, 1, 0, 0.9]], np.float32)
    trimap = np.array([[255, 255, 255, 255, 128]], np.uint8)
    clamped = np.where(trimap == 255, 1, prediction).astype(np.float32)
    # The stored 0 cuts off the last pixel: level 0, |(1 - 1) - (1 - 0.9)| = 0.1; else level 0.9.
    assert connectivity_error(prediction, alpha, trimap) == pytest.approx(0.1 / 1000)
    assert connectivity_error(clamped, alpha, trimap) == 0
    assert gradient_error(prediction, alpha, trimap) != gradient_error(clamped, alpha, trimap)
    assert sad(prediction, alpha, trimap) == sad(clamped, alpha, trimap)


MAP, TRIMAP = np.zeros((4, 5), np.float32), np.full((4, 5), 128, np.uint8)


@pytest.mark.parametrize("function", [score, *FUNCTIONS])
@pytest.mark.parametrize(
    ("prediction", "alpha", "trimap", "message"),
    [
        (MAP[1:], MAP, TRIMAP, r"of one size, got shapes \(3, 5\), \(4, 5\), \(4, 5\)"),
        (MAP[0], MAP[0], TRIMAP[0], r"prediction has the shape \(5,\); give .* \(H, W\)"),
        (MAP, MAP[..., None], TRIMAP, r"alpha has the shape \(4, 5, 1\); give .* \(H, W\)"),
        (MAP[:0], MAP[:0], TRIMAP[:0], "at least one pixel"),
        (MAP.tolist(), MAP, TRIMAP, "is a list; give .*an array"),
        (MAP.astype(np.int64), MAP, TRIMAP, "prediction is int64; give uint8, uint16, bool, or"),
        (MAP + 1.5, MAP, TRIMAP, r"prediction spans 1.5 to 1.5; floats must lie in \[0, 1\]"),
        (MAP, MAP - 1, TRIMAP, r"alpha spans -1 to -1; floats must lie in \[0, 1\]"),
        (MAP, np.where(np.eye(4, 5), np.nan, MAP), TRIMAP, "alpha spans nan to nan; floats must"),
        (MAP, MAP, TRIMAP.astype(np.int64), "trimap: is int64 .* must be uint8"),
        (MAP, MAP, TRIMAP - np.eye(4, 5, dtype=np.uint8), r"other than 0, 128 .* \[127\]"),
    ],
)
def test_refuses_with_one_line(function, prediction, alpha, trimap, message):
    with pytest.raises(ValueError, match=message) as caught:
        function(prediction, alpha, trimap)
    assert "\n" not in str(caught.value)
