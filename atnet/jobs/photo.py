"""One photograph from files to files: what `atnet matte`, `atnet trimap` and `atnet demo` do."""

import time
from collections.abc import Mapping
from dataclasses import dataclass, fields
from pathlib import Path
from typing import BinaryIO

import numpy as np
from PIL import ImageColor

from atnet.files.atomic import write_all
from atnet.files.images import ImageError, Source, encode_image, read_image
from atnet.files.targets import check_targets
from atnet.matting.predictor import Matting
from atnet.matting.result import Result
from atnet.sheet import contact_sheet, on_checkerboard
from atnet.subjects.hints import DrawnTrimap, Hint, RoughMask
from atnet.trimaps import check_trimap, unknown_region

ASSETS = Path(__file__).parents[1] / "assets"
WHITE = (1.0, 1.0, 1.0)
DEMO_BACKGROUND = (0.18, 0.44, 0.56)

Target = Path | BinaryIO
"""Where a picture is written: a file by its suffix, or PNG into an open binary file."""
Background = tuple[float, float, float] | Source
"""A colour of three values in [0, 1], or a picture."""


@dataclass(frozen=True)
class Outputs:
    """What is wanted of a photograph, and where it goes.

    Attributes:
        alpha: Grey.
        foreground: RGB, the foreground's own colours everywhere.
        cutout: RGBA, straight.
        composite: RGB, over the job's background.
        sheet: RGB, all of it side by side for a person to look at.
    """

    alpha: Target | None = None
    foreground: Target | None = None
    cutout: Target | None = None
    composite: Target | None = None
    sheet: Target | None = None

    def wanted(self) -> dict[str, Target]:
        """Returns the targets by the names of what goes there."""
        named = {field.name: getattr(self, field.name) for field in fields(self)}
        return {name: target for name, target in named.items() if target is not None}


@dataclass(frozen=True)
class Job:
    """A photograph to be matted.

    Attributes:
        image: The photograph.
        hint: What tells where the subject is.
        outputs: What is written.
        background: Of the composite.
        bits: Bits per channel of what is written, 8 or 16.
    """

    image: Source
    hint: Hint
    outputs: Outputs
    background: Background = WHITE
    bits: int = 8


@dataclass(frozen=True)
class Done:
    """What was done with a photograph.

    Attributes:
        width: In pixels.
        height: In pixels.
        unknown: Share of unknown pixels.
        seconds: From image and trimap in memory to all pictures in memory.
    """

    width: int
    height: int
    unknown: float
    seconds: float


def matte_photo(job: Job, matting: Matting) -> Done:
    """Does a job; all its files are written, or on any failure none.

    Args:
        job: What to do.
        matting: The predictor, loaded once for any number of jobs.

    Returns:
        What was done.

    Raises:
        OSError: A file cannot be written.
        ValueError: Anything about the inputs or the names of the outputs.
    """
    wanted = job.outputs.wanted()
    check_outputs(wanted, job.bits)
    check_targets(_paths(wanted), input_files(job))
    image = read_image(job.image)
    trimap = job.hint.trimap(image)
    check_trimap(trimap, image.shape)
    start = time.perf_counter()
    result = Result(image, matting.alpha(image, trimap))
    pictures = {name: _picture(name, result, trimap, job) for name in wanted}
    seconds = time.perf_counter() - start
    _write({wanted[name]: picture for name, picture in pictures.items()}, job.bits)
    height, width = trimap.shape
    unknown = float(unknown_region(trimap).mean())
    return Done(width, height, round(unknown, 4), round(seconds, 2))


def input_files(job: Job) -> dict[str, Path]:
    """Returns the files that a job reads, by what they are."""
    shown = job.outputs.composite or job.outputs.sheet
    inputs = {"image": job.image, **_hint_inputs(job.hint)}
    return _paths({**inputs, "background": job.background} if shown else inputs)


def check_outputs(wanted: Mapping[str, Target], bits: int) -> None:
    """Refuses what a format cannot hold before minutes are spent on it.

    Args:
        wanted: Names of `Outputs` to where they go.
        bits: Per channel.

    Raises:
        ImageError: A suffix is of no format, or of one without alpha channel or as many bits.
    """
    for name, target in wanted.items():
        _encoded(target, np.zeros((1, 1, *_CHANNELS[name]), np.float32), bits)


def write_trimap(image: Source, hint: Hint, target: Target) -> None:
    """Makes a trimap for a photograph and writes it.

    Args:
        image: The photograph.
        hint: What tells where the subject is.
        target: Where the trimap goes.

    Raises:
        OSError: The file cannot be written.
        ValueError: Anything about the input or the output name.
    """
    if isinstance(target, Path) and target.suffix.lower() in {".jpg", ".jpeg"}:
        raise ImageError(f"{target}: JPEG would change a trimap's values; use .png")
    check_outputs({"alpha": target}, bits=8)
    check_targets(_paths({"trimap": target}), _paths({"image": image, **_hint_inputs(hint)}))
    _write({target: hint.trimap(read_image(image))}, bits=8)


def demo_job(folder: Path) -> Job:
    """Makes the job of the bundled photograph.

    Args:
        folder: Where alpha, foreground, cutout, composite and a sheet go.

    Returns:
        The job.
    """
    names = (field.name for field in fields(Outputs))
    return Job(
        image=ASSETS / "lemur.png",
        hint=DrawnTrimap(ASSETS / "lemur_trimap.png"),
        outputs=Outputs(**{name: folder / f"{name}.png" for name in names}),
        background=DEMO_BACKGROUND,
    )


def parse_background(text: str) -> Background:
    """Reads the name of a background.

    Args:
        text: A colour such as `white` or `#00ff00`, which goes before a file of that name, or a
            file.

    Returns:
        The colour, or the path.

    Raises:
        ImageError: It is neither.

    Example:
        >>> parse_background("#00ff00")
        (0.0, 1.0, 0.0)
    """
    try:
        red, green, blue, *_ = ImageColor.getrgb(text)
    except ValueError as error:
        if Path(text).is_file():
            return Path(text)
        raise ImageError(
            f"{text}: is neither a file nor a colour such as white or #00ff00"
        ) from error
    return red / 255, green / 255, blue / 255


_CHANNELS = {"alpha": (), "foreground": (3,), "cutout": (4,), "composite": (3,), "sheet": (3,)}


def _picture(name: str, result: Result, trimap: np.ndarray, job: Job) -> np.ndarray:
    make = {
        "alpha": lambda: result.alpha,
        "foreground": lambda: result.foreground,
        "cutout": lambda: result.cutout,
        "composite": lambda: result.over(job.background),
        "sheet": lambda: _sheet(result, trimap, job.background),
    }
    return make[name]()


def _sheet(result: Result, trimap: np.ndarray, background: Background) -> np.ndarray:
    return contact_sheet(
        {
            "image": result.image,
            "trimap": trimap,
            "alpha": result.alpha,
            "foreground": result.foreground,
            "cutout": on_checkerboard(result.cutout),
            "composite": result.over(background),
        }
    )


def _hint_inputs(hint: Hint) -> dict[str, object]:
    if isinstance(hint, DrawnTrimap):
        return {"trimap": hint.picture}
    return {"mask": hint.picture} if isinstance(hint, RoughMask) else {}


def _paths(named: Mapping[str, object]) -> dict[str, Path]:
    """Those that are files with a name."""
    return {name: Path(it) for name, it in named.items() if isinstance(it, str | Path)}


def _write(pictures: Mapping[Target, np.ndarray], bits: int) -> None:
    encoded = {target: _encoded(target, picture, bits) for target, picture in pictures.items()}
    write_all({target: data for target, data in encoded.items() if isinstance(target, Path)})
    for target, data in encoded.items():
        if not isinstance(target, Path):
            target.write(data)
            target.flush()


def _encoded(target: Target, picture: np.ndarray, bits: int) -> bytes:
    if not isinstance(target, Path):
        return encode_image(picture, ".png", bits)
    try:
        return encode_image(picture, target.suffix, bits)
    except ImageError as error:
        raise ImageError(f"{target}: {error}") from error
