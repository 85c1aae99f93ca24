"""One photograph from files to files: what `atnet matte`, `atnet trimap` and `atnet demo` do."""

import time
import warnings
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from pathlib import Path

import numpy as np

from atnet.choices import Reading
from atnet.files.images import ImageError, Photograph, Source, read_photograph
from atnet.files.metadata import Metadata
from atnet.files.storage import Location, StoragePath
from atnet.files.targets import check_absent, check_targets
from atnet.jobs.background import WHITE, Background
from atnet.jobs.matted import Matted, make_pictures
from atnet.jobs.outputs import (
    Finish,
    Margin,
    Outputs,
    Target,
    check_outputs,
    encoded,
    object_box,
    sample_type,
    write,
)
from atnet.matting.predictor import Matting
from atnet.subjects.fitting import fitted
from atnet.subjects.hints import DrawnTrimap, Hint, hint_pictures
from atnet.trimaps import check_trimap, read_trimap, unknown_region

ASSETS = Path(__file__).parents[1] / "assets"
DEMO_BACKGROUND = (0.18, 0.44, 0.56)


@dataclass(frozen=True)
class Job:
    """A photograph to be matted.

    Attributes:
        image: The photograph.
        hint: What tells where the subject is.
        outputs: What is written.
        background: Of the composite.
        bits: Bits per channel of what is written; None is the usual of each format.
        finish: How it is written besides.
        trimap_orientation: On which pixels of a photograph that was turned the trimap or mask was
            drawn; None finds out.
        overwrite: Whether files that exist may be replaced.
    """

    image: Source
    hint: Hint
    outputs: Outputs
    background: Background = WHITE
    bits: int | None = None
    finish: Finish = field(default_factory=Finish)
    trimap_orientation: Reading | None = None
    overwrite: bool = field(default=True, repr=False)  # the result does not depend on it


@dataclass(frozen=True)
class Done:
    """What was done with a photograph.

    Attributes:
        width: In pixels.
        height: In pixels.
        unknown: Share of unknown pixels.
        seconds: From image and trimap in memory to all pictures in memory.
        crop: Left, top, width and height of what was written, in pixels; None is all.
    """

    width: int
    height: int
    unknown: float
    seconds: float
    crop: tuple[int, int, int, int] | None = None


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
    if not job.overwrite:
        check_absent(_paths(wanted).values())
    pictures, metadata, done = _made(job, matting, wanted)
    style = job.bits, job.finish.premultiplied, metadata
    contents = {}
    for name, target in wanted.items():  # a large picture is let go once it is encoded
        contents[target] = encoded(target, pictures.pop(name), *style)
    write(contents)
    return done


def input_files(job: Job) -> dict[str, Location]:
    """Returns the files that a job reads, by what they are."""
    shown = job.outputs.composite or job.outputs.sheet
    inputs = {"image": job.image, **hint_pictures(job.hint)}
    return _paths({**inputs, "background": job.background} if shown else inputs)


def write_trimap(
    image: Source,
    hint: Hint,
    target: Target,
    orientation: Reading | None = None,
    *,
    overwrite: bool = True,
) -> None:
    """Makes a trimap for a photograph and writes it.

    Args:
        image: The photograph.
        hint: What tells where the subject is.
        target: Where the trimap goes.
        orientation: On which pixels of a photograph that was turned the hint was drawn.
        overwrite: Whether a file that exists may be replaced.

    Raises:
        OSError: The file cannot be written.
        ValueError: Anything about the input or the output name.
    """
    if isinstance(target, Path) and target.suffix.lower() in {".jpg", ".jpeg"}:
        raise ImageError(f"{target}: JPEG would change a trimap's values; use .png")
    check_outputs({"alpha": target}, bits=None)
    check_targets(_paths({"trimap": target}), _paths({"image": image, **hint_pictures(hint)}))
    if not overwrite:
        check_absent(_paths({"trimap": target}).values())
    photograph = read_photograph(image)
    trimap = fitted(hint, photograph, orientation).trimap(photograph.pixels)
    write({target: encoded(target, trimap, None, None, Metadata())})


def demo_photograph() -> tuple[Photograph, np.ndarray]:
    """Reads the bundled photograph and its trimap."""
    return read_photograph(ASSETS / "lemur.png"), read_trimap(ASSETS / "lemur_trimap.png")


def demo_job(folder: Path, *, overwrite: bool = True) -> Job:
    """Makes the job of the bundled photograph.

    Args:
        folder: Where alpha, foreground, cutout, composite and a sheet go.
        overwrite: Whether files that exist may be replaced.

    Returns:
        The job.
    """
    names = [output.name for output in fields(Outputs)]
    return Job(
        image=ASSETS / "lemur.png",
        hint=DrawnTrimap(ASSETS / "lemur_trimap.png"),
        outputs=Outputs(**{name: folder / f"{name}.png" for name in names}),
        background=DEMO_BACKGROUND,
        overwrite=overwrite,
    )


def _made(
    job: Job, matting: Matting, wanted: Mapping[str, Target]
) -> tuple[dict[str, np.ndarray], Metadata, Done]:
    """Makes all pictures of a job, in memory; returns what their files say besides, too."""
    finish = job.finish
    photograph = read_photograph(job.image, keep_profile=finish.keep_profile)
    metadata = _written_metadata(photograph.metadata, finish)
    check_outputs(wanted, job.bits, metadata)
    image = photograph.pixels
    trimap = fitted(job.hint, photograph, job.trimap_orientation).trimap(image)
    check_trimap(trimap, image.shape)
    _say_known(trimap)
    start = time.perf_counter()
    alpha = matting.alpha(image, trimap)
    types = {name: sample_type(it, job.bits, finish.premultiplied) for name, it in wanted.items()}
    matted = Matted(image, trimap, alpha, job.background, metadata.profile)
    pictures = make_pictures(matted, types)
    crop = _cropped(pictures, alpha, finish.crop)
    seconds = time.perf_counter() - start
    height, width = trimap.shape
    unknown = float(unknown_region(trimap).mean())
    return pictures, metadata, Done(width, height, round(unknown, 4), round(seconds, 2), crop)


def _cropped(
    pictures: dict[str, np.ndarray], alpha: np.ndarray, margin: Margin | None
) -> tuple[int, int, int, int] | None:
    """Crops all pictures to the same box, but not the sheet, which shows the whole."""
    if margin is None:
        return None
    rows, columns = box = object_box(alpha, margin)
    pictures.update({name: it[box] for name, it in pictures.items() if name != "sheet"})
    return columns.start, rows.start, columns.stop - columns.start, rows.stop - rows.start


def _say_known(trimap: np.ndarray) -> None:
    if not unknown_region(trimap).any():
        warnings.warn(
            "trimap: has no unknown pixels (128), so that alpha is the trimap itself; give it as a "
            "mask to lay an unknown band along its outline",
            stacklevel=3,
        )


def _written_metadata(metadata: Metadata, finish: Finish) -> Metadata:
    return metadata if finish.keep_exif else metadata._replace(exif=None)


def _paths(named: Mapping[str, object]) -> dict[str, Location]:
    """Those that are files with a name."""
    paths = {name: Path(it) if isinstance(it, str) else it for name, it in named.items()}
    return {name: path for name, path in paths.items() if isinstance(path, Path | StoragePath)}
