"""Finds the subject by a salient-object network that the user has: U2-Net, IS-Net, BiRefNet."""

from pathlib import Path
from typing import Any

import numpy as np

from atnet.arrays import TOLERANCE, resized, to_float
from atnet.files.images import Picture, as_image
from atnet.matting.engines import AnyNetwork
from atnet.subjects.mask_settings import MaskSettings, read_settings

MAX_MODEL_BYTES = 2**31
_TYPES = {"tensor(float)": np.float32, "tensor(float16)": np.float16}


class MaskModelError(ValueError):
    """A network that finds masks cannot be used; the message is one line that says why."""


class MaskModel:
    """A salient-object network, loaded once for any number of pictures; may be called from threads.

    Args:
        path: An ONNX file with its weights inside: one input `(1, 3, H, W)` of RGB. None is
            shipped or downloaded.
        settings: What it wants: a preset's name (`"u2net"`, `"isnet"`, `"birefnet"`), settings, or
            `None` for the TOML beside the file, `net.toml` for `net.onnx`.
        threads: Of the CPU; 0 for all cores.

    Raises:
        ImportError: There is no ONNX Runtime.
        MaskModelError: The file is no such network, or does not fit the settings.
        OSError: The file or the TOML cannot be read.
        ValueError: The settings are wrong or missing.

    Example::

        mask = atnet.MaskModel("u2net.onnx", "u2net").mask("photo.jpg")
        trimap = atnet.trimap_by_detail("photo.jpg", mask)
    """

    def __init__(
        self, path: str | Path, settings: MaskSettings | str | None = None, threads: int = 0
    ) -> None:
        self.path = Path(path)
        self.settings = (
            settings if isinstance(settings, MaskSettings) else read_settings(self.path, settings)
        )
        try:
            self._network = AnyNetwork(_read(self.path), threads)
        except RuntimeError as error:
            raise self._error(f"is no ONNX model that can run here ({error})") from error
        self._size, self._type = self._input()
        self._output = self.settings.output or self._network.outputs[0]
        if self._output not in self._network.outputs:
            names = ", ".join(self._network.outputs[:20])
            raise self._error(f"has no output {self._output!r}; it has {names}")

    def mask(self, image: Picture) -> np.ndarray:
        """Finds the subject.

        Args:
            image: `(H, W, 3)` RGB in any form that `as_image` takes.

        Returns:
            Soft mask, float32 `(H, W)` in [0, 1], 1 on the subject.

        Raises:
            MaskModelError: The network fails, or answers with something that is no mask.
            ValueError: The image is no such picture.
        """
        pixels = to_float(as_image(image))
        try:
            found = self._network(self._fed(pixels), self._output)
        except RuntimeError as error:
            raise self._error(f"fails on this picture ({error})") from error
        return resized(self._values(self._grey(found)), *pixels.shape[:2])

    def _error(self, reason: str) -> MaskModelError:
        return MaskModelError(f"{self.path}: {' '.join(reason.split())}")

    def _input(self) -> tuple[tuple[int, int], type]:
        """Height, width and type of what it takes."""
        if len(self._network.inputs) != 1:
            names = [name for name, *_ in self._network.inputs]
            raise self._error(f"takes {len(names)} inputs {names}; a mask model takes one image")
        ((_, shape, kind),) = self._network.inputs
        if len(shape) != 4 or (shape[1] not in {3, None} and not isinstance(shape[1], str)):
            raise self._error(f"takes the shape {shape}; a mask model takes (1, 3, height, width)")
        if kind not in _TYPES:
            raise self._error(f"takes {kind}; a mask model takes float or float16")
        fixed = [side for side in shape[2:] if isinstance(side, int)]
        size = (fixed[0], fixed[1]) if len(fixed) == 2 else self.settings.size
        if size is None:
            raise self._error("takes pictures of any size: give one in its settings: size = 1024")
        return size, _TYPES[kind]

    def _fed(self, pixels: np.ndarray) -> np.ndarray:
        """The picture as the network wants it, `(1, 3, height, width)`."""
        settings = self.settings
        scaled = resized(pixels, *self._size)
        if settings.by_maximum:
            scaled = scaled / max(float(scaled.max()), 1e-6)
        mean, std = (np.array(values, np.float32) for values in (settings.mean, settings.std))
        fed = (scaled - mean) / std
        return np.ascontiguousarray(fed.transpose(2, 0, 1)[None], dtype=self._type)

    def _grey(self, found: Any) -> np.ndarray:
        """The one channel of an output `(1, 1, h, w)`, `(1, h, w)` or `(h, w)`."""
        if found.ndim < 2 or any(side != 1 for side in found.shape[:-2]) or not found.size:
            raise self._error(
                f"answers with the shape {found.shape}; a mask has one channel (1, 1, height, "
                "width): name another output in its settings"
            )
        grey = found.reshape(found.shape[-2:]).astype(np.float32)
        if not np.isfinite(grey).all():
            raise self._error("answers with values that are no numbers")
        return grey

    def _values(self, grey: np.ndarray) -> np.ndarray:
        """The output in [0, 1]."""
        if self.settings.sigmoid:
            grey = (np.tanh(grey / 2) + 1) / 2
        low, high = float(grey.min()), float(grey.max())
        if self.settings.stretch:
            return (grey - low) / max(high - low, 1e-6)
        if low < -TOLERANCE or high > 1 + TOLERANCE:
            raise self._error(
                f"answers with {low:.3g} to {high:.3g}, not 0 to 1: its settings want "
                "sigmoid = true, or stretch = true"
            )
        return np.clip(grey, 0, 1)


def _read(path: Path) -> bytes:
    try:
        if path.stat().st_size > MAX_MODEL_BYTES:
            raise MaskModelError(f"{path}: has more than the {MAX_MODEL_BYTES} bytes allowed")
        content = path.read_bytes()
    except OSError as error:
        raise OSError(f"{path}: cannot be read ({error.strerror})") from error
    # The entry that names a file of weights. ONNX Runtime would look for it in the current folder.
    if b"\n\x08location" in content:
        raise MaskModelError(
            f"{path}: keeps its weights in another file; put them inside: "
            "onnx.save(onnx.load(path), path)"
        )
    return content
