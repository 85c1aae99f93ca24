"""Scenes of a data set: which files belong together, and what is wrong with them."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np

from atnet.arrays import to_bytes, to_float
from atnet.files.images import Source, read_grey, read_image
from atnet.files.listing import size_of
from atnet.files.problems import ProblemsError
from atnet.trimaps import BACKGROUND, FOREGROUND, UNKNOWN, snap_trimap, trimap_from_alpha

BAND_RADIUS = 10
"""Pixels by which the policy `band` erodes foreground and background."""
ORIGINAL_DILATIONS = 20
"""Dilations by a 3 x 3 cross in the policy `original`."""


def _band(alpha: np.ndarray) -> np.ndarray:
    return trimap_from_alpha(alpha, BAND_RADIUS, BAND_RADIUS)


def _original(alpha: np.ndarray) -> np.ndarray:
    """Unknown reaches into the background only: the foreground's exact outline is given away."""
    cross = cv2.getStructuringElement(cv2.MORPH_CROSS, (3, 3))
    touched = cv2.dilate((alpha > 0).astype(np.uint8), cross, iterations=ORIGINAL_DILATIONS)
    trimap = np.where(touched, np.uint8(UNKNOWN), np.uint8(BACKGROUND))
    trimap[alpha == 255] = FOREGROUND
    return trimap


_MAKERS: dict[str, Callable[[np.ndarray], np.ndarray]] = {"band": _band, "original": _original}
TRIMAP_POLICIES = {
    "supplied": "supplied with the data set",
    "band": f"made from the true alpha: both sides eroded by {BAND_RADIUS} pixels",
    "original": "made from the true alpha as the original's test run does: alpha > 0 dilated "
    f"{ORIGINAL_DILATIONS} times by a 3 x 3 cross, alpha = 1 not eroded",
}
"""Where the trimaps come from: name to description."""


@dataclass(frozen=True)
class Scene:
    """The files of one test case; a path may name a missing file, `None` means there is none.

    Attributes:
        name: Unique in its data set; `/` separates folders.
        image: The photograph.
        trimap: Black, grey, white.
        alpha: The true alpha.
        prediction: An alpha to be judged.
    """

    name: str
    image: Path
    trimap: Path | None = None
    alpha: Path | None = None
    prediction: Path | None = None

    def files(self) -> dict[str, Path]:
        """Returns the files by their roles."""
        roles = ("image", "trimap", "alpha", "prediction")
        return {role: path for role in roles if (path := getattr(self, role)) is not None}

    def read_image(self) -> np.ndarray:
        """Reads the photograph: float32 `(H, W, 3)`."""
        return read_image(self.image)

    def read_alpha(self) -> np.ndarray | None:
        """Reads the true alpha, uint8 `(H, W)`, if there is one."""
        return None if self.alpha is None else read_8_bits(self.alpha)

    def read_trimap(self, policy: str = "supplied") -> np.ndarray:
        """Reads or makes the trimap.

        Args:
            policy: A key of `TRIMAP_POLICIES`.

        Returns:
            uint8 `(H, W)`.

        Raises:
            ValueError: There is nothing to read it or make it from.
        """
        source = self.trimap if policy == "supplied" else self.alpha
        if source is None:
            raise ValueError(_lacks(policy))
        if policy == "supplied":
            return snap_trimap(read_grey(source))
        return make_trimap(read_8_bits(source), policy)


def make_trimap(alpha: np.ndarray, policy: str) -> np.ndarray:
    """Makes the trimap of a policy.

    Args:
        alpha: uint8 `(H, W)`.
        policy: A key of `TRIMAP_POLICIES` but `supplied`.

    Returns:
        uint8 `(H, W)`.
    """
    return _MAKERS[policy](alpha)


def read_8_bits(path: Path) -> np.ndarray:
    """Reads an alpha in the precision that scores are defined for.

    Args:
        path: Grey image; 16-bit values are rounded.

    Returns:
        uint8 `(H, W)`.
    """
    return to_bytes(read_grey(path))


def read_exactly(source: Source) -> np.ndarray:
    """Reads an alpha as 8-bit numbers if it was stored so, without the error of a division.

    Args:
        source: Grey, as in `atnet.read_grey`.

    Returns:
        uint8 `(H, W)`, or float32 in [0, 1] of a 16-bit file.
    """
    grey = read_grey(source)
    rounded = to_bytes(grey)
    return rounded if np.array_equal(to_float(rounded), grey) else grey


class DataSetError(ProblemsError):
    """A data set cannot be used as it is."""


def find_problems(scenes: Iterable[Scene], policy: str = "supplied") -> list[str]:
    """Names missing and unreadable files and unequal sizes; reads nothing but headers.

    Args:
        scenes: The scenes of a data set.
        policy: Where trimaps come from, a key of `TRIMAP_POLICIES`.

    Returns:
        One line for each problem.
    """
    return [f"{scene.name}: {problem}" for scene in scenes for problem in _problems(scene, policy)]


def _problems(scene: Scene, policy: str) -> list[str]:
    files = scene.files()
    if policy != "supplied":
        files.pop("trimap", None)
    lacking = (scene.trimap if policy == "supplied" else scene.alpha) is None
    problems = [_lacks(policy)] if lacking else []
    sizes = {}
    for role, path in files.items():
        try:
            sizes[role] = size_of(path)
        except ValueError as error:
            problems.append(f"{role} {error}")
    if len(set(sizes.values())) > 1:
        listed = ", ".join(f"{role} {w} x {h}" for role, (w, h) in sizes.items())
        problems.append(f"sizes differ: {listed}")
    return problems


def _lacks(policy: str) -> str:
    if policy == "supplied":
        return "has no trimap"
    return "has no true alpha to make a trimap from"
