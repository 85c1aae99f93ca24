"""What a batch consists of: the photographs of a folder, each with its hint and its outputs."""

import zlib
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, fields, replace
from pathlib import PurePath
from typing import Any, Literal

from atnet.files.listing import PHOTOGRAPHS, files_by_stem, find_images, partner
from atnet.files.storage import Location
from atnet.files.targets import check_clashes
from atnet.jobs.background import WHITE, Background
from atnet.jobs.outputs import Outputs, check_outputs
from atnet.jobs.photo import Job, input_files
from atnet.subjects.hints import DrawnTrimap, Hint, NoHint, RoughMask, SalientObject, Scribbles

KINDS = tuple(field.name for field in fields(Outputs))
"""What can be written of a photograph."""
TRIMAP_ENDING = ".trimap"
"""How the name of a trimap ends that lies beside its photograph: `x.trimap.png`."""

_HINTS: Mapping[str, Callable[..., Hint]] = {
    "trimap": DrawnTrimap,
    "mask": RoughMask,
    "scribbles": Scribbles,
    "network": SalientObject,
    "auto": NoHint,
}


@dataclass(frozen=True)
class Item:
    """A photograph of a batch.

    Attributes:
        name: Its path relative to the folder, or as the manifest has it.
        job: What to do.
    """

    name: str
    job: Job


@dataclass(frozen=True)
class Writing:
    """What is written of each photograph, and where.

    Attributes:
        folder: Below it lies all that is written.
        kinds: Some of `KINDS`.
        suffix: The format.
        background: Of composites.
        bits: Per channel; None is the format's usual.
        overwrite: Whether files that exist may be replaced.
    """

    folder: Location
    kinds: tuple[str, ...] = ("cutout",)
    suffix: str = ".png"
    background: Background = WHITE
    bits: int | None = None
    overwrite: bool = True

    def names(self, image: str) -> dict[str, str]:
        """Names what is written of a photograph: `a/x.jpg` becomes `a/x.cutout.png`."""
        stem = PurePath(image.rpartition("://")[2]).with_suffix("")
        return {kind: f"{stem}.{kind}{self.suffix}" for kind in self.kinds}

    def job(self, image: Location, hint: Hint, names: Mapping[str, str]) -> Job:
        """Makes the job of a photograph; raises `ImageError` for a format that cannot be."""
        folder = self.folder.absolute()
        outputs = Outputs(**{kind: folder / name for kind, name in names.items()})
        check_outputs(outputs.wanted(), self.bits)
        job = Job(image, hint, outputs, self.background, self.bits)
        return replace(job, overwrite=self.overwrite)


@dataclass(frozen=True)
class Pairing:
    """How the photographs of a folder come to their hints.

    Attributes:
        kind: `"network"` and `"auto"` use no pictures.
        folder: A tree like that of the photographs; without it `a/x.trimap.png` belongs to
            `a/x.jpg`.
        options: Of every hint besides its picture, such as its band.
    """

    kind: Literal["trimap", "mask", "scribbles", "network", "auto"] = "trimap"
    folder: Location | None = None
    options: Mapping[str, Any] = field(default_factory=dict)


def find_items(folder: Location, pairing: Pairing, writing: Writing) -> list[Item]:
    """Finds the photographs of a folder and its subfolders; what is hidden is left out.

    Args:
        folder: The photographs, and perhaps trimaps beside them.
        pairing: How they come to their hints; a missing one is found out when its turn comes.
        writing: What is written.

    Returns:
        Items, by name.

    Raises:
        ValueError: A folder is none, two hints have the same name, or the format cannot be.
    """
    folder = folder.absolute()
    tree = pairing.folder and pairing.folder.absolute()
    hints = files_by_stem(tree) if tree else {}

    def hint(image: Location, stem: str) -> Hint:
        make = _HINTS[pairing.kind]
        if pairing.kind in ("auto", "network"):
            return make(**pairing.options)
        beside = image.with_name(f"{image.stem}{TRIMAP_ENDING}.png")
        picture = partner(hints, tree, stem) if tree else beside
        return make(picture, **pairing.options)

    items = []
    for image in find_images(folder, PHOTOGRAPHS):
        if image.stem.endswith(TRIMAP_ENDING) or (tree and tree in image.parents):
            continue
        name = image.relative_to(folder)
        job = writing.job(
            image, hint(image, name.with_suffix("").as_posix()), writing.names(str(name))
        )
        items.append(Item(name.as_posix(), job))
    return items


def check_items(items: Iterable[Item]) -> None:
    """Refuses a batch in which two outputs are one file, or an output is an input.

    Raises:
        ValueError: Two names are one file.
    """
    outputs, inputs = [], []
    for item in items:
        written, read = item.job.outputs.wanted(), input_files(item.job)
        outputs += [(f"{kind} of {item.name}", path) for kind, path in written.items()]
        inputs += [(f"{kind} of {item.name}", path) for kind, path in read.items()]
    check_clashes(outputs, inputs)


def in_shard(name: str, index: int, count: int) -> bool:
    """Tells whether an item is of a shard; its name alone decides, so other items change nothing.

    Args:
        name: Of the item.
        index: Of the shard, from 1.
        count: Number of shards.

    Example:
        >>> sum(in_shard("a/x.jpg", index, 7) for index in range(1, 8))
        1
    """
    return zlib.crc32(name.encode(errors="surrogateescape")) % count == index - 1
