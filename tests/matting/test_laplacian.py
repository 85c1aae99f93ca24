import numpy as np
import pytest
import scipy.sparse

from atnet.files.images import read_image
from atnet.jobs.photo import ASSETS
from atnet.matting.laplacian import laplacian, solve
from atnet.matting.predictor import Matting
from atnet.trimaps import read_trimap


@pytest.fixture(scope="module")
def lemur():
    """Fur of the left flank in the bundled photograph: image, unknown region, network's alpha."""
    part = slice(60, 380), slice(20, 340)
    image, trimap = read_image(ASSETS / "lemur.png")[part], read_trimap(ASSETS / "lemur_trimap.png")
    prior = Matting(quality="fast").alpha(image, trimap[part])
    return image, trimap[part] == 128, prior


def trust_in(prior):
    return 0.01 * (np.abs(2 * prior.astype(np.float64) - 1) ** 8 + 0.02)


def everywhere(height, width):
    return np.ones((height, width), bool)


def by_definition(image, epsilon):
    """Levin et al., eq. 12, term by term."""
    height, width = image.shape[:2]
    matrix = np.zeros((height * width,) * 2)
    for top in range(height - 2):
        for left in range(width - 2):
            pixels = [(top + r) * width + left + c for r in range(3) for c in range(3)]
            colours = image.reshape(-1, 3)[pixels]
            mean, covariance = colours.mean(0), np.cov(colours.T, bias=True)
            inverse = np.linalg.inv(covariance + epsilon / 9 * np.eye(3))
            for i, one in zip(pixels, colours, strict=True):
                for j, other in zip(pixels, colours, strict=True):
                    matrix[i, j] += (i == j) - (1 + (one - mean) @ inverse @ (other - mean)) / 9
    return matrix


def test_a_flat_window_asks_for_equal_alphas_by_hand():
    rows = laplacian(np.full((3, 3, 3), 0.4), everywhere(3, 3)).toarray()
    np.testing.assert_allclose(rows, np.eye(9) - 1 / 9, atol=1e-9)


def test_a_window_of_two_colours_asks_for_two_alphas_by_hand():
    """Five pixels of one colour and four of another: each group for itself takes its mean."""
    group = np.array([1, 0, 1, 0, 1, 0, 1, 0, 1])
    image = group[:, None] * np.array([0.5, 0.3, 0.2]) + 0.1
    rows = laplacian(image.reshape(3, 3, 3), everywhere(3, 3)).toarray()
    same = group[:, None] == group
    means = np.where(same, 1 / np.where(group, 5, 4), 0)
    np.testing.assert_allclose(rows, np.eye(9) - means, atol=1e-4)


def test_the_laplacian_equals_its_definition():
    image = np.random.default_rng(0).random((5, 6, 3))
    rows = laplacian(image, everywhere(5, 6), 1e-3).toarray()
    np.testing.assert_allclose(rows, by_definition(image, 1e-3), atol=1e-10)
    np.testing.assert_allclose(rows, rows.T, atol=1e-10)
    np.testing.assert_allclose(rows.sum(axis=1), 0, atol=1e-10)
    assert np.linalg.eigvalsh(rows).min() > -1e-10


def test_rows_of_a_part_are_those_of_the_whole():
    rng = np.random.default_rng(1)
    image, where = rng.random((9, 11, 3)), rng.random((9, 11)) < 0.2
    whole = laplacian(image, everywhere(9, 11)).toarray()
    np.testing.assert_allclose(laplacian(image, where).toarray(), whole[where.ravel()], atol=1e-9)


def test_the_lemur_agrees_with_pymattings_laplacian_and_solver(lemur, monkeypatch):
    pymatting = pytest.importorskip("pymatting", reason="PyMatting is in the extra compare")
    image, unknown, prior = lemur
    where = unknown.ravel()
    rows = pymatting.cf_laplacian(image.astype(np.float64), epsilon=1e-7).tocsr()[where]
    alpha = prior.ravel().astype(np.float64)
    trust = trust_in(alpha[where])
    system = (rows[:, where] + scipy.sparse.diags_array(trust)).tocsc()
    target = trust * alpha[where] - rows[:, ~where] @ alpha[~where]
    expected = pymatting.cg(system, target, M=pymatting.ichol(system), rtol=1e-9, x0=alpha[where])

    def difference():
        found = solve(image, prior, unknown, trust_in(prior))[unknown]
        return np.abs(found - expected.clip(0, 1)).mean()

    assert difference() < 2e-3
    monkeypatch.setattr("atnet.matting.laplacian.RESIDUAL", 1e-7)
    assert difference() < 1e-5


def test_the_energy_falls_and_known_pixels_stay(lemur):
    image, unknown, prior = lemur
    trust = np.full(prior.shape, 1e-3)
    found = solve(image, prior, unknown, trust)
    np.testing.assert_array_equal(found[~unknown], prior[~unknown])
    rows = laplacian(image, everywhere(*unknown.shape))

    def energy(alpha):
        flat = alpha.astype(np.float64).ravel()
        return flat @ (rows @ flat) + (trust * (alpha - prior) ** 2).sum()

    assert energy(found) < 0.2 * energy(prior)


def test_much_trust_keeps_the_prior_and_little_follows_the_picture():
    """Two flat halves, and a prior that puts the edge two pixels beside theirs."""
    image = np.zeros((12, 20, 3))
    image[:, 10:] = [0.8, 0.5, 0.3]
    prior = np.zeros((12, 20), np.float32)
    prior[:, 12:] = 1
    unknown = np.zeros((12, 20), bool)
    unknown[:, 4:16] = True
    kept = solve(image, prior, unknown, np.full(prior.shape, 1e3))
    np.testing.assert_allclose(kept, prior, atol=5e-3)
    moved = solve(image, prior, unknown, np.full(prior.shape, 1e-7))
    np.testing.assert_allclose(moved, image[..., 0] / 0.8, atol=5e-3)


@pytest.mark.parametrize("size", [(1, 1), (1, 9), (2, 2), (3, 3), (40, 3)])
@pytest.mark.parametrize("known", [None, 0.0, 1.0])
@pytest.mark.parametrize("make", [np.zeros, np.ones, np.random.default_rng(2).random])
def test_no_picture_is_too_small_flat_or_noisy(size, known, make):
    image, unknown = make((*size, 3)), everywhere(*size)
    prior = np.random.default_rng(3).random(size).astype(np.float32)
    if known is not None:
        unknown.flat[0], prior.flat[0] = False, known
    alpha = solve(image, prior, unknown, trust_in(prior))
    assert alpha.dtype == np.float32
    assert alpha.shape == size
    assert np.isfinite(alpha).all()
    assert alpha.min() >= 0
    assert alpha.max() <= 1


def test_a_search_that_does_not_end_is_said_and_leaves_no_worse_alpha(lemur, monkeypatch):
    image, unknown, prior = lemur
    monkeypatch.setattr("atnet.matting.laplacian.MAX_ITERATIONS", 3)
    with pytest.warns(UserWarning, match="the search did not end"):
        hurried = solve(image, prior, unknown, trust_in(prior))
    monkeypatch.undo()
    ended = solve(image, prior, unknown, trust_in(prior))
    assert np.abs(hurried - ended).mean() < np.abs(prior - ended).mean()
