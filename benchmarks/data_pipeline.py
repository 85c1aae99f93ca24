"""Time the training data: `python benchmarks/data_pipeline.py [FOLDER] [--backgrounds DIR]`.

Samples a second by worker processes, then the milliseconds of each step on one core. Without a
folder it draws a small data set first.
"""

import argparse
import contextlib
import cProfile
import dataclasses
import os
import pstats
import tempfile
import time
from itertools import islice
from pathlib import Path

import cv2

from atnet.data.synthesis.dataset import synthesize_data_set
from atnet.data.synthesis.tasks import Recipe
from atnet.data.training.pipeline import BUFFERED, PipelineSettings, batches, keep_freed_memory
from atnet.machine import describe_run
from atnet.parallel import usable_cores

STEPS = (
    ("decode foreground and alpha", "read", "_cutout"),
    ("find its unknown pixels", "foreground_window", "_cutout"),
    ("warp foreground and alpha", "crop_cutout", "_cutout"),
    ("merge two foregrounds", "merged", "__call__"),
    ("read the background's header", "size_of", "_background"),
    ("decode background", "read_colour", "_background"),
    ("draw background", "procedural_background", "_background"),
    ("warp background", "crop", "_background"),
    ("jitter colours", "jittered", "make_sample"),
    ("blur background", "blurred", "make_sample"),
    ("pull background's colour", "pulled", "make_sample"),
    ("composite", "composite_bytes", "make_sample"),
    ("what a camera does", "photographed", "make_sample"),
    ("trimap", "random_trimap", "make_sample"),
)
"""What a step is, its function, and the function that calls it."""
SAMPLES = 160


def rate(settings: PipelineSettings) -> float:
    """Return samples a second once every worker has started and nothing is held ready."""
    count = max(SAMPLES // settings.batch, 3 * settings.workers)
    with contextlib.closing(batches(settings)) as iterator:
        for _ in islice(iterator, 1 + settings.workers * (BUFFERED + 2)):
            pass
        start = time.perf_counter()
        for _ in islice(iterator, count):
            pass
        return count * settings.batch / (time.perf_counter() - start)


def profile(settings: PipelineSettings) -> dict[str, float]:
    """Return the processor's milliseconds a sample by step, without workers."""
    profiler = cProfile.Profile(time.process_time)
    with contextlib.closing(batches(settings)) as iterator:
        next(iterator)
        profiler.enable()
        for _ in islice(iterator, SAMPLES // settings.batch):
            pass
        profiler.disable()
    stats = pstats.Stats(profiler)
    samples = SAMPLES // settings.batch * settings.batch
    spent = {name: 1000 * seconds(stats, *found) / samples for name, *found in STEPS}
    total = 1000 * stats.total_tt / samples  # pyright: ignore[reportAttributeAccessIssue]
    return {**spent, "all else, batching": total - sum(spent.values()), "**total**": total}


def seconds(stats: pstats.Stats, function: str, caller: str) -> float:
    """Return the time that a function took when called by another."""
    entries = stats.stats  # pyright: ignore[reportAttributeAccessIssue]
    return sum(
        times[3]
        for (_, _, name), (*_, callers) in entries.items()
        for (_, _, calling), times in callers.items()
        if (name, calling) == (function, caller)
    )


def report(settings: PipelineSettings, workers: int) -> None:
    """Print both tables in Markdown."""
    cv2.setNumThreads(1)  # as in a worker
    keep_freed_memory()
    run = describe_run("numpy", "opencv-python-headless", "grain")
    load = f"load {os.getloadavg()[0]:.1f}"
    print(f"{settings.size} x {settings.size}, batches of {settings.batch}; {run}; {load}\n")
    print("| workers | samples / s |\n|---|---|")
    for number in range(workers + 1):
        found = rate(dataclasses.replace(settings, workers=number))
        print(f"| {number} | {found:.1f} |", flush=True)
    print("\n| step | ms / sample |\n|---|---|")
    for name, milliseconds in profile(settings).items():
        if milliseconds:
            print(f"| {name} | {milliseconds:.2f} |")


def main() -> None:
    """Read the options, draw a data set if there is none, and measure."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", nargs="?", type=Path, help="data set in the original's layout")
    parser.add_argument("--backgrounds", type=Path, help="another folder of backgrounds")
    parser.add_argument("--size", type=int, default=384, help="side of the samples")
    parser.add_argument("--batch", type=int, default=16, help="samples in a batch")
    parser.add_argument("--workers", type=int, default=2, help="worker processes to go up to")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as temporary:
        folder = options.folder or Path(temporary)
        if options.folder is None:
            recipe = Recipe(seed=0, test_share=0)
            synthesize_data_set(folder, 40, recipe, backgrounds=40, workers=usable_cores())
        settings = PipelineSettings(
            folder, backgrounds=options.backgrounds, size=options.size, batch=options.batch
        )
        report(settings, options.workers)


if __name__ == "__main__":
    main()
