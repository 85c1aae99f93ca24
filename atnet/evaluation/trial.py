"""What is evaluated: a method with its settings, or the alphas that any other method left."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from atnet.choices import Quality, Refinement
from atnet.data.scenes import Scene, read_8_bits
from atnet.evaluation.methods import METHODS, identify_method
from atnet.matting.presets import DEFAULT_PRESET
from atnet.trimaps import check_trimap, clamp

PREDICTIONS = "predictions"
"""The method that computes nothing: alphas of any other method, read from files."""


@dataclass(frozen=True)
class Trial:
    """What is evaluated, and how.

    Attributes:
        method: One of `METHODS`, or `predictions`.
        preset: The model of method `atnet`.
        quality: Of method `atnet`, as `Matting` takes it.
        refine: Likewise.
        trimaps: Where trimaps come from, a key of `TRIMAP_POLICIES`.
        clamp: Set known pixels of predictions by the trimap; computed alphas always are.
        alphas: Folder of `<scene>.png`: predictions are there, computed alphas go there.

    Raises:
        ValueError: Unknown method.
    """

    method: str = "atnet"
    preset: str = DEFAULT_PRESET
    quality: Quality = "standard"
    refine: Refinement | None = None
    trimaps: str = "supplied"
    clamp: bool = False
    alphas: Path | None = None

    def __post_init__(self) -> None:
        allowed = (*METHODS, PREDICTIONS)
        if self.method not in allowed:
            raise ValueError(f"method is {self.method!r}; allowed are {', '.join(allowed)}")

    @property
    def name(self) -> str:
        """What the method is called: a model by its preset."""
        return self.preset if self.method == "atnet" else self.method

    def identity(self) -> str:
        """Says exactly what is evaluated, in one line."""
        if self.method != PREDICTIONS:
            return identify_method(self.method, self.preset, self.quality, self.refine)
        return "predictions, known pixels " + ("set by the trimap" if self.clamp else "as stored")

    def target(self, scene: Scene) -> Path | None:
        """Tells where the alpha computed for a scene goes; `None` if nothing is to be written."""
        if self.alphas is None or self.method == PREDICTIONS:
            return None
        return self.alphas / f"{scene.name}.png"

    def prediction(self, scene: Scene, trimap: np.ndarray) -> np.ndarray:
        """Reads a scene's prediction just as it is scored.

        Args:
            scene: With a prediction.
            trimap: uint8 `(H, W)`.

        Returns:
            uint8 `(H, W)`.

        Raises:
            ValueError: There is none, or of another size.
        """
        if scene.prediction is None:
            raise ValueError("has no prediction")
        prediction = read_8_bits(scene.prediction)
        check_trimap(trimap, prediction.shape)
        return clamp(prediction, trimap) if self.clamp else prediction


def with_predictions(scenes: Sequence[Scene], folder: Path) -> list[Scene]:
    """Pairs scenes with the alphas of a folder.

    Args:
        scenes: Without predictions.
        folder: Has `<scene>.png`, or, where the scenes have one group, files without its name.

    Returns:
        Scenes with predictions, whose files may be missing.
    """
    groups = {scene.name.rpartition("/")[0] for scene in scenes}
    nested = len(groups) > 1 or all((folder / group).is_dir() for group in groups)
    names = [scene.name if nested else scene.name.rpartition("/")[2] for scene in scenes]
    return [
        replace(scene, prediction=folder / f"{name}.png")
        for scene, name in zip(scenes, names, strict=True)
    ]
