"""One photograph from files to files: what `atnet matte`, `atnet trimap` and `atnet demo` do."""

import sys
import time
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
from PIL import ImageColor

from atnet.files.images import (
    MAX_FILE_BYTES,
    ImageError,
    encode_image,
    read_grey,
    read_image,
    write_image,
)
from atnet.foreground import composite, cover, estimate_foreground
from atnet.matting.predictor import Matting
from atnet.matting.presets import DEFAULT_PRESET
from atnet.sheet import contact_sheet, on_checkerboard
from atnet.subjects.grabcut import trimap_from_box, trimap_from_subject
from atnet.trimaps import (
    TrimapError,
    snap_trimap,
    trimap_from_mask,
    unknown_region,
)

ASSETS = Path(__file__).parents[1] / "assets"
CHANNELS = {"alpha": (), "foreground": (3,), "cutout": (4,), "composite": (3,)}
"""What can be written, with the shape of its pixels."""
DEMO_BACKGROUND = np.array([0.18, 0.44, 0.56], np.float32)
MASK_BAND = 0.01
"""Width of the unknown band on each side of a mask's outline, in image diagonals."""

TrimapSource = tuple[str, Any]
"""Kind and value: "trimap" or "mask" and a file, "box" and four numbers, or "auto" and anything."""


def matte_file(
    image: str,
    source: TrimapSource,
    outputs: Mapping[str, str],
    *,
    background: str = "white",
    bits: int = 8,
    preset: str = DEFAULT_PRESET,
    max_memory: str | None = None,
) -> dict[str, Any]:
    """Mattes one image file.

    Args:
        image: File name, or `-` for standard input.
        source: Where the trimap comes from.
        outputs: Kind (a key of `CHANNELS`) to file name; `-` writes PNG to standard output.
        background: File or colour under the composite.
        bits: Bits per channel of what is written, 8 or 16.
        preset: Model, as in `Matting`.
        max_memory: Bound on working memory, as in `Matting`.

    Returns:
        Outputs, size in pixels, unknown share, seconds.

    Raises:
        ValueError: Anything about the input or the output names; nothing has been written then.
    """
    for kind, target in outputs.items():
        _check_target(target, CHANNELS[kind], bits)
    colours = read_image(_stream_or_path(image))
    trimap = _make_trimap(source, colours)
    under = _background(background if "composite" in outputs else "white", trimap.shape)
    matting = Matting(preset, max_memory=max_memory)
    start = time.perf_counter()
    alpha = matting.alpha(colours, trimap)
    results = _results(colours, alpha, under, outputs)
    seconds = time.perf_counter() - start
    for kind, target in outputs.items():
        _write(target, results[kind], bits)
    return _summary(outputs, trimap, seconds)


def write_trimap(image: str, source: TrimapSource, output: str) -> None:
    """Makes a trimap for an image file and writes it.

    Args:
        image: File name, or `-` for standard input.
        source: Where the trimap comes from.
        output: File name, or `-` for PNG on standard output.

    Raises:
        ValueError: Anything about the input or the output name.
    """
    if Path(output).suffix.lower() in {".jpg", ".jpeg"}:
        raise ImageError(f"{output}: JPEG would change a trimap's values; use .png")
    _check_target(output, (), 8)
    trimap = _make_trimap(source, read_image(_stream_or_path(image)))
    _write(output, trimap.astype(np.float32) / 255, bits=8)


def run_demo(folder: Path, preset: str = DEFAULT_PRESET) -> dict[str, Any]:
    """Mattes the bundled photograph.

    Args:
        folder: Where alpha, foreground, cutout, composite and a side-by-side sheet go; made if
            missing.
        preset: Model, as in `Matting`.

    Returns:
        The files, size in pixels, unknown share, seconds.

    Raises:
        OSError: The folder cannot be made.
        ValueError: A file cannot be written.
    """
    folder.mkdir(parents=True, exist_ok=True)
    colours = read_image(ASSETS / "lemur.png")
    trimap = snap_trimap(read_grey(ASSETS / "lemur_trimap.png"))
    matting = Matting(preset)
    start = time.perf_counter()
    alpha = matting.alpha(colours, trimap)
    results = _results(colours, alpha, DEMO_BACKGROUND, CHANNELS)
    seconds = time.perf_counter() - start
    sheet = contact_sheet(
        {
            "image": colours,
            "trimap": trimap.astype(np.float32) / 255,
            "alpha": alpha,
            "foreground": results["foreground"],
            "cutout": on_checkerboard(results["cutout"]),
            "composite": results["composite"],
        }
    )
    outputs = {kind: str(folder / f"{kind}.png") for kind in ("sheet", *results)}
    for kind, target in outputs.items():
        _write(target, {"sheet": sheet, **results}[kind], bits=8)
    return _summary(outputs, trimap, seconds)


def _summary(outputs: Mapping[str, str], trimap: np.ndarray, seconds: float) -> dict[str, Any]:
    height, width = trimap.shape
    unknown = round(float(unknown_region(trimap).mean()), 4)
    return {
        **outputs,
        "width": width,
        "height": height,
        "unknown": unknown,
        "seconds": round(seconds, 2),
    }


def _results(
    colours: np.ndarray, alpha: np.ndarray, under: np.ndarray, kinds: Iterable[str]
) -> dict[str, np.ndarray]:
    """The pictures of the wanted kinds; foreground colours are estimated only for those."""
    kinds = list(kinds)
    if kinds == ["alpha"]:
        return {"alpha": alpha}
    foreground = estimate_foreground(colours, alpha)
    make = {
        "alpha": lambda: alpha,
        "foreground": lambda: foreground,
        "cutout": lambda: np.dstack([foreground, alpha]),
        "composite": lambda: composite(foreground, under, alpha),
    }
    return {kind: make[kind]() for kind in kinds}


def _make_trimap(source: TrimapSource, colours: np.ndarray) -> np.ndarray:
    kind, value = source
    if kind == "box":
        return trimap_from_box(colours, value)
    if kind == "auto":
        return trimap_from_subject(colours)
    grey = read_grey(_stream_or_path(value))
    if kind == "trimap":
        return snap_trimap(grey)
    if grey.shape != colours.shape[:2]:
        raise TrimapError(
            f"{value}: the mask is {grey.shape[1]} x {grey.shape[0]} pixels, the image "
            f"{colours.shape[1]} x {colours.shape[0]}; they must be equal"
        )
    band = max(3.0, MASK_BAND * float(np.hypot(*grey.shape)))
    return trimap_from_mask(grey, band, band)


def _background(name: str, shape: tuple[int, int]) -> np.ndarray:
    """A picture scaled to cover the image, or a plain colour."""
    if not Path(name).exists():
        try:
            return np.array(ImageColor.getrgb(name)[:3], np.float32) / 255
        except ValueError as error:
            raise ImageError(
                f"{name}: is neither a file nor a colour such as white or #00ff00"
            ) from error
    return cover(read_image(name), *shape)


def _stream_or_path(name: str) -> Path | bytes:
    return sys.stdin.buffer.read(MAX_FILE_BYTES + 1) if name == "-" else Path(name)


def _check_target(name: str, channels: tuple[int, ...], bits: int) -> None:
    """Refuses a name that cannot be written before minutes are spent on what should go there."""
    if name == "-":
        encode_image(np.zeros((1, 1, *channels), np.float32), ".png", bits)
        return
    path = Path(name)
    try:
        encode_image(np.zeros((1, 1, *channels), np.float32), path.suffix, bits)
    except ImageError as error:
        raise ImageError(f"{name}: {error}") from error
    if not path.resolve().parent.is_dir():
        raise ImageError(
            f"{name}: the folder {path.resolve().parent} does not exist: create it first"
        )


def _write(name: str, image: np.ndarray, bits: int) -> None:
    if name == "-":
        sys.stdout.buffer.write(encode_image(image, ".png", bits))
        sys.stdout.buffer.flush()
    else:
        write_image(name, image, bits)
