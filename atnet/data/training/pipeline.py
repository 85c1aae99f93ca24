"""Endless batches of training samples on Grain: the same for any number of processes."""

import contextlib
import ctypes
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import get_args

import grain
import numpy as np
from absl import flags

from atnet.arrays import to_bytes
from atnet.data.layout import Layout, Part
from atnet.data.synthesis.backgrounds import procedural_background
from atnet.data.training.augmentation import make_sample, merged
from atnet.data.training.crops import (
    Cutout,
    background_window,
    crop,
    crop_cutout,
    foreground_window,
)
from atnet.data.training.foregrounds import find_foregrounds
from atnet.data.training.reading import read_colour
from atnet.data.training.validation import part_of
from atnet.files.listing import find_images, size_of
from atnet.parallel import start_worker

MERGED = 0.35
"""Share of samples with two foregrounds."""
BUFFERED = 1
"""Batches that Grain holds ready at each end of the way from a worker."""
_ENDLESS = 2**48
"""Samples until the end: some thousand years of them."""
_SAMPLES, _ORDERS = 0, 1
"""What a generator is for; together with the seed and a number it decides all that is drawn."""
_TRIM_THRESHOLD, _MMAP_THRESHOLD = -1, -3
"""Parameters of `mallopt`, from glibc's `malloc.h`."""

Batch = tuple[dict[str, np.ndarray], dict[str, np.ndarray]]


@dataclass(frozen=True)
class PipelineSettings:
    """What decides the batches, and who makes them.

    Attributes:
        folder: Data set in the original's layout: `fg`, `mask` and perhaps `bg`; for the test part
            `fg_test`, `mask_test`, `bg_test`, unless a share of the former is set aside for it.
            Without backgrounds they are drawn.
        part: Which of the two.
        backgrounds: Another folder of backgrounds.
        size: Side of the samples in pixels, a multiple of 32.
        batch: Samples in a batch, over all training processes.
        seed: Of everything random.
        workers: Worker processes; 0 works in this process.
        shard: Index of this training process and their number; it gets its slice of every batch.
        validation_share: Of training foregrounds and backgrounds, at least 0 and below 1: they are
            the test part, and none of the training part. 0 reads a test part of its own.
    """

    folder: Path
    part: Part = "train"
    backgrounds: Path | None = None
    size: int = 384
    batch: int = 32
    seed: int = 0
    workers: int = 0
    shard: tuple[int, int] = (0, 1)
    validation_share: float = 0.0


def batches(settings: PipelineSettings, first: int = 0) -> grain.DatasetIterator[Batch]:
    """Makes training batches without end.

    Batch n depends on nothing but the seed, n and the files: not on the number of workers, nor on
    where one began; the slices of all shards, one after the other, are the batch of one process.
    In each pass every foreground comes once, in a new order. Workers pass batches through shared
    memory, about four for each worker: containers may need more of it than they are given.

    Args:
        settings: What to make.
        first: Number of the batch to begin with.

    Returns:
        Iterator of `(inputs, targets)`, all uint8 of b = batch / shards samples with S = size:
        inputs `image` `(b, S, S, 3)` and `trimap` `(b, S, S, 1)` of 0, 128, 255; targets `alpha`
        `(b, S, S, 1)`, `foreground` and `background` `(b, S, S, 3)`. `get_state` gives what JSON
        can hold; `set_state` goes back to it in an iterator of the same arguments. `close` ends
        the workers.

    Raises:
        ValueError: Settings make no sense, or the data set cannot be used; later, a file cannot be
            read.
    """
    _check(settings, first)
    if not flags.FLAGS.is_parsed():
        flags.FLAGS.mark_as_parsed()  # or Grain refuses to start workers outside of absl's own main
    shard, shards = settings.shard
    dataset = (
        grain.MapDataset.range(_ENDLESS)
        .map(_Maker(settings))
        .batch(settings.batch // shards, drop_remainder=True)
        .slice(slice(first * shards + shard, None, shards))
        # Grain would hold hundreds of batches ready.
        .to_iter_dataset(grain.ReadOptions(num_threads=0, prefetch_buffer_size=0))
        .mp_prefetch(
            grain.MultiprocessingOptions(settings.workers, per_worker_buffer_size=BUFFERED),
            worker_init_fn=_start,
        )
    )
    return iter(dataset.map(_unshared) if settings.workers else dataset)


class _Maker:
    """Makes the sample of a position in the endless row of samples."""

    def __init__(self, settings: PipelineSettings) -> None:
        share = settings.validation_share
        self._foregrounds = find_foregrounds(settings.folder, settings.part, validation_share=share)
        self._backgrounds = _find_backgrounds(settings)
        self._seed, self._size = settings.seed, settings.size

    def __call__(self, position: int) -> Batch:
        """Returns inputs and targets of one sample."""
        rng = np.random.default_rng((self._seed, _SAMPLES, position))
        turn, place = divmod(position, len(self._foregrounds))
        number = int(_order(self._seed, turn, len(self._foregrounds))[place])
        cutout = self._cutout(number, rng)
        if rng.random() < MERGED:
            both = merged(cutout, self._cutout(int(rng.integers(len(self._foregrounds))), rng))
            # A large solid one behind would leave nothing to find.
            cutout = both if both.alpha.min() < 255 else cutout
        sample = make_sample(cutout, self._background(rng), rng)
        return (
            {"image": sample.image, "trimap": sample.trimap[..., None]},
            {
                "alpha": sample.alpha[..., None],
                "foreground": sample.foreground,
                "background": sample.background,
            },
        )

    def _cutout(self, number: int, rng: np.random.Generator) -> Cutout:
        tiles = self._foregrounds[number]
        cutout = tiles[rng.integers(len(tiles))].read()
        return crop_cutout(cutout, foreground_window(cutout.alpha, self._size, rng), self._size)

    def _background(self, rng: np.random.Generator) -> np.ndarray:
        if not self._backgrounds:
            return to_bytes(procedural_background(self._size, self._size, rng))
        path = self._backgrounds[rng.integers(len(self._backgrounds))]
        width, height = size_of(path)
        window = background_window(height, width, self._size, rng)
        reduction = window.reduction()
        return crop(read_colour(path, reduction), window.reduced(reduction), self._size)


def _find_backgrounds(settings: PipelineSettings) -> list[Path]:
    share = settings.validation_share
    own = Layout(settings.folder, "train" if share else settings.part).backgrounds
    source = settings.backgrounds or own
    if source == own and not own.is_dir():
        return []
    found = {path.relative_to(source).as_posix(): path for path in find_images(source)}
    if not found and source != own:
        raise ValueError(f"{source}: has no images; expected backgrounds")
    chosen = part_of(found, settings.part, share) if share else found.keys()
    return [path for name, path in found.items() if name in chosen]


def _check(settings: PipelineSettings, first: int) -> None:
    index, shards = settings.shard
    if settings.part not in get_args(Part):
        raise ValueError(f"part is {settings.part!r}; it must be one of {get_args(Part)}")
    if settings.size < 32 or settings.size % 32:
        raise ValueError(f"size is {settings.size}; it must be a multiple of 32")
    if not 0 <= index < shards:
        raise ValueError(f"shard is {settings.shard}; it must be (index, number), index < number")
    if settings.batch < 1 or settings.batch % shards:
        raise ValueError(
            f"batch is {settings.batch}; it must be a multiple, at least 1, of the {shards} "
            "training processes"
        )
    if not 0 <= settings.validation_share < 1:
        raise ValueError(
            f"validation_share is {settings.validation_share}; it must be at least 0 and below 1"
        )
    if min(settings.seed, settings.workers, first) < 0:
        raise ValueError(
            f"seed is {settings.seed}, workers {settings.workers}, first {first}; "
            "none may be below 0"
        )


@lru_cache(maxsize=2)
def _order(seed: int, turn: int, count: int) -> np.ndarray:
    """Shuffles the foregrounds of a pass; Grain's shuffle needs milliseconds for few of them."""
    return np.random.default_rng((seed, _ORDERS, turn)).permutation(count)


def _unshared(batch: Batch) -> Batch:
    """Copies what a worker left in shared memory, which is scarce and freed late."""
    inputs, targets = ({name: np.array(array) for name, array in part.items()} for part in batch)
    return inputs, targets


def _start(_index: int, _count: int) -> None:
    start_worker(threads=1)
    keep_freed_memory()


def keep_freed_memory() -> None:
    """Lets glibc keep what this process frees: a fifth of the time went into getting it back."""
    with contextlib.suppress(AttributeError, OSError, TypeError):  # other C libraries
        settings = ctypes.CDLL(None).mallopt
        settings(_TRIM_THRESHOLD, 2**28)
        settings(_MMAP_THRESHOLD, 2**25)
