"""Batches on the device: what the pipeline's bytes become there, for the network and the losses."""

from typing import Any, NamedTuple

import keras

ops: Any = keras.ops  # whose inferred types say that most results may be None


class Batch(NamedTuple):
    """Samples on the device, float32.

    Attributes:
        image: `(B, H, W, 3)`, RGB in [0, 1].
        trimap: `(B, H, W, 1)` with exactly 0 background, 0.5 unknown, 1 foreground.
        alpha: True alpha, `(B, H, W, 1)` in [0, 1].
        foreground: True foreground colours, `(B, H, W, 3)` in [0, 1].
        background: True background colours, `(B, H, W, 3)` in [0, 1].
    """

    image: Any
    trimap: Any
    alpha: Any
    foreground: Any
    background: Any


def batch_from_bytes(inputs: dict[str, Any], targets: dict[str, Any]) -> Batch:
    """Converts the pipeline's bytes; done on the device, a batch travels at a quarter of its size.

    Args:
        inputs: uint8 `image`, `(B, H, W, 3)`, and `trimap`, `(B, H, W, 1)` with 0, 128, 255.
        targets: uint8 `alpha`, `(B, H, W, 1)`, `foreground` and `background`, `(B, H, W, 3)`.

    Returns:
        The batch in float32.

    Example:
        >>> import numpy as np
        >>> colour, grey = np.zeros((1, 1, 3, 3), "uint8"), np.zeros((1, 1, 3, 1), "uint8")
        >>> trimap = np.array([0, 128, 255], "uint8").reshape(1, 1, 3, 1)
        >>> targets = {"alpha": grey, "foreground": colour, "background": colour}
        >>> batch = batch_from_bytes({"image": colour, "trimap": trimap}, targets)
        >>> ops.convert_to_numpy(batch.trimap).ravel().tolist()
        [0.0, 0.5, 1.0]
    """
    return Batch(
        **floats_from_bytes(inputs),
        alpha=_unit(targets["alpha"]),
        foreground=_unit(targets["foreground"]),
        background=_unit(targets["background"]),
    )


def floats_from_bytes(inputs: dict[str, Any]) -> dict[str, Any]:
    """Converts the network's inputs: `image` to [0, 1], `trimap` to exactly 0, 0.5, 1."""
    trimap = ops.cast(inputs["trimap"], "float32")
    return {
        "image": _unit(inputs["image"]),
        "trimap": ops.round(trimap / 127.5) / 2.0,  # 128 / 255 is not quite a half
    }


def unknown_weight(batch: Batch) -> Any:
    """Returns 1 at the unknown pixels and 0 elsewhere: float32 `(B, H, W, 1)`."""
    return ops.cast(ops.equal(batch.trimap, 0.5), "float32")


def _unit(values: Any) -> Any:
    return ops.cast(values, "float32") / 255.0
