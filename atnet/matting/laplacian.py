"""The matting Laplacian, and the alpha that suits it best.

In a small window the colours of an image mostly lie on two lines, one of the object and one of what
is behind it, and then alpha is a linear function of colour there. The Laplacian L sums over all
windows how far alpha is from one (Levin, Lischinski, Weiss, "A Closed-Form Solution to Natural
Image Matting", TPAMI 2008, theorem 1 and eq. 12).
"""

import warnings
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

if TYPE_CHECKING:
    from scipy.sparse import csr_array

EPSILON = 1e-7
"""How much a steep function of colour costs (Levin et al., eq. 12)."""
RESIDUAL = 3e-5
"""Root mean square of what is left of the equations when the search ends.

Alpha is then 0.001 from the solution in the mean. Relative to the right side, as is usual, it
would be far too strict where little around is foreground.
"""
MAX_ITERATIONS = 2000
_WINDOW = [(row, column) for row in range(3) for column in range(3)]
_NEIGHBOURS = [(row, column) for row in range(-2, 3) for column in range(-2, 3)]
_UPPER = [(a, b) for a in range(3) for b in range(a, 3)]
_BLOCK = 32, 256  # pixels, whose products stay in the cache


def solve(image: np.ndarray, prior: np.ndarray, where: np.ndarray, trust: np.ndarray) -> np.ndarray:
    """Minimises alpha' L alpha + sum of trust_i (alpha_i - prior_i)^2, all other pixels fixed.

    Args:
        image: float `(H, W, 3)` in [0, 1].
        prior: float32 `(H, W)` in [0, 1].
        where: bool `(H, W)`, the pixels that may change.
        trust: float `(H, W)`, above 0: what a squared difference to the prior costs.

    Returns:
        float32 `(H, W)` in [0, 1], equal to the prior elsewhere. Where the search does not end,
        with a warning: the last step, or the prior if that has less energy.
    """
    places = np.flatnonzero(where)
    if not places.size:
        return prior
    # The inverses in L need double precision. The search does not, and waits for memory: alpha
    # differs by 0.00007 at most in the mean, in two thirds of the time.
    rows = laplacian(image, where)
    rows.data = rows.data.astype(np.float32)
    alpha = prior.astype(np.float32).ravel()
    alpha[places] = _minimum(rows, alpha, places, trust.ravel()[places].astype(np.float32))
    return alpha.clip(0, 1).reshape(prior.shape)


def laplacian(image: np.ndarray, where: np.ndarray, epsilon: float = EPSILON) -> "csr_array":
    """Assembles rows of the matting Laplacian; only windows that reach them are looked at.

    Args:
        image: float `(H, W, 3)` in [0, 1].
        where: bool `(H, W)`, the pixels whose rows are wanted, n of them.
        epsilon: How much a steep function of colour costs.

    Returns:
        `(n, H * W)`; each row sums to 0. Windows reach no further than the image's border.

    Reference:
        Levin, Lischinski, Weiss, TPAMI 2008, eq. 12.
    """
    from scipy.sparse import csr_array  # noqa: PLC0415  (only where something is solved)

    places = np.flatnonzero(where).astype(np.int32)
    number = np.full(where.shape, -1, np.int32)
    number[where] = np.arange(len(places))
    values = np.zeros((len(places), len(_NEIGHBOURS)))
    for block in _blocks(*where.shape):
        wanted = number[block.core]
        if (wanted >= 0).any():
            rows = _all_rows(image[block.seen].astype(np.float64), epsilon)[:, *block.within]
            values[wanted[wanted >= 0]] = rows[:, wanted >= 0].T
    width = where.shape[1]
    neighbours = np.array([row * width + column for row, column in _NEIGHBOURS], np.int32)
    columns = (places[:, None] + neighbours).clip(0, where.size - 1)  # beyond the image: values 0
    starts = np.arange(0, values.size + 1, len(_NEIGHBOURS), dtype=np.int32)
    return csr_array((values.ravel(), columns.ravel(), starts), (len(places), where.size))


class _Block(NamedTuple):
    """A part of an image whose rows of the Laplacian are assembled at once."""

    core: tuple[slice, slice]
    seen: tuple[slice, slice]
    """The core and two pixels around it, as far as the image goes."""
    within: tuple[slice, slice]
    """The core in what is seen."""


def _blocks(height: int, width: int) -> list[_Block]:
    return [
        _Block(*zip(rows, columns, strict=True))
        for rows in _spans(height, _BLOCK[0])
        for columns in _spans(width, _BLOCK[1])
    ]


def _spans(length: int, step: int) -> list[tuple[slice, slice, slice]]:
    """Cuts one side of an image into the `core`, `seen` and `within` of blocks."""
    spans = []
    for start in range(0, length, step):
        end, margin = min(start + step, length), min(start, 2)
        within = slice(margin, margin + end - start)
        spans.append((slice(start, end), slice(start - margin, end + 2), within))
    return spans


def _all_rows(image: np.ndarray, epsilon: float) -> np.ndarray:
    """The rows of all pixels of an image `(h, w, 3)`, `(25, h, w)` in the order of neighbours."""
    rows = np.zeros((len(_NEIGHBOURS), *image.shape[:2]))
    height, width = (side - 2 for side in image.shape[:2])
    if min(height, width) < 1:
        return rows
    places = [(slice(row, row + height), slice(column, column + width)) for row, column in _WINDOW]
    colours = [np.ascontiguousarray(image[place].transpose(2, 0, 1)) for place in places]
    mean = sum(colours) / 9
    deviations = [colour - mean for colour in colours]
    covariance = np.zeros((6, height, width))
    for index, (a, b) in enumerate(_UPPER):
        for one in deviations:
            covariance[index] += one[a] * one[b]
        covariance[index] = covariance[index] / 9 + (a == b) * epsilon / 9
    inverse = _inverse(covariance)
    for i, one in enumerate(deviations):
        projected = [sum(inverse[a][b] * one[b] for b in range(3)) for a in range(3)]
        for j in range(i, 9):
            product = sum(projected[a] * deviations[j][a] for a in range(3))
            term = (i == j) - (1 + product) / 9
            rows[(_step(i, j), *places[i])] += term
            if i != j:
                rows[(_step(j, i), *places[j])] += term
    return rows


def _step(one: int, other: int) -> int:
    """Which neighbour of a window's pixel another one is."""
    (row, column), (other_row, other_column) = _WINDOW[one], _WINDOW[other]
    return (other_row - row + 2) * 5 + other_column - column + 2


def _inverse(upper: np.ndarray) -> list[list[np.ndarray]]:
    """Inverse of symmetric matrices by their adjugates; `upper` is `(6, h, w)`, as in `_UPPER`."""
    red, red_green, red_blue, green, green_blue, blue = upper
    first = green * blue - green_blue**2
    second = red_blue * green_blue - red_green * blue
    third = red_green * green_blue - red_blue * green
    determinant = red * first + red_green * second + red_blue * third
    fourth = red * blue - red_blue**2
    fifth = red_green * red_blue - red * green_blue
    sixth = red * green - red_green**2
    adjugate = [[first, second, third], [second, fourth, fifth], [third, fifth, sixth]]
    return [[minor / determinant for minor in row] for row in adjugate]


def _minimum(
    rows: "csr_array", prior: np.ndarray, places: np.ndarray, trust: np.ndarray
) -> np.ndarray:
    """Solves (L + trust) alpha = trust * prior at `places`, all other alphas fixed."""
    from scipy.sparse import diags_array  # noqa: PLC0415  (likewise)
    from scipy.sparse.linalg import cg  # noqa: PLC0415

    begin, fixed = prior[places], prior.copy()
    fixed[places] = 0
    target = trust * begin - rows @ fixed
    diagonal = rows.data.reshape(len(places), -1)[:, len(_NEIGHBOURS) // 2]
    diagonal += (
        trust  # in place: those of the system, once the columns of known pixels are left out
    )
    system = rows[:, places]
    found, failed = cg(
        system,
        target,
        x0=begin,
        rtol=0,
        atol=RESIDUAL * len(places) ** 0.5,
        maxiter=MAX_ITERATIONS,
        M=diags_array(1 / diagonal),
    )
    if not failed:
        return found
    warnings.warn("colour lines: the search did not end; alpha may lack detail", stacklevel=2)
    better = found @ (system @ found - 2 * target) < begin @ (system @ begin - 2 * target)
    return found if better else begin
