"""How much work goes into an alpha: what the network looks at, and what comes behind it."""

from typing import NamedTuple, get_args

import cv2
import numpy as np

from atnet.arrays import resized
from atnet.choices import Quality, Refinement


class View(NamedTuple):
    """A way to show a picture to the network; the network errs differently in each.

    Attributes:
        turns: Quarter turns to the left.
        mirrored: Left and right exchanged.
        scale: Of height and width.
    """

    turns: int = 0
    mirrored: bool = False
    scale: float = 1.0

    def shown(self, image: np.ndarray, trimap: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Returns image `(H, W, 3)` and trimap `(H, W)` as the network is to see them."""
        height, width = (round(side * self.scale) for side in trimap.shape)
        image = resized(image, height, width)
        # A trimap has no values between its three.
        trimap = cv2.resize(trimap, (width, height), interpolation=cv2.INTER_NEAREST_EXACT)
        return self._turned(image), self._turned(trimap)

    def undone(self, alpha: np.ndarray, height: int, width: int) -> np.ndarray:
        """Returns an alpha of the picture that was shown as one of the picture, `(H, W)`."""
        alpha = np.rot90(alpha, -self.turns)
        alpha = alpha[:, ::-1] if self.mirrored else alpha
        return resized(np.ascontiguousarray(alpha), height, width)

    def _turned(self, picture: np.ndarray) -> np.ndarray:
        return np.rot90(picture[:, ::-1] if self.mirrored else picture, self.turns)


AS_IT_IS = View()
VIEWS: dict[Quality, tuple[View, ...]] = {
    "fast": (AS_IT_IS,),
    "standard": (AS_IT_IS,),
    "best": (AS_IT_IS, View(mirrored=True), View(turns=1), View(scale=1.25)),
}
"""What is averaged."""
_REFINEMENTS: dict[Quality, Refinement] = {
    "fast": "none",
    "standard": "colour-lines",
    "best": "colour-lines",
}


def refinement_of(quality: Quality, refine: Refinement | None = None) -> Refinement:
    """Decides what comes behind the network.

    Args:
        quality: A key of `VIEWS`.
        refine: `colour-lines`, `none`, or `None` for what the quality says.

    Returns:
        The refinement.

    Raises:
        ValueError: It is none of them.
    """
    if quality not in VIEWS:
        raise ValueError(f"quality is {quality!r}; allowed are {', '.join(VIEWS)}")
    allowed = get_args(Refinement)
    if refine is not None and refine not in allowed:
        raise ValueError(f"refine is {refine!r}; allowed are {', '.join(allowed)}")
    return refine or _REFINEMENTS[quality]
