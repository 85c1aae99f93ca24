"""Seconds and peak memory of `Matting` on the bundled photograph, enlarged and with wide trimaps.

    python benchmarks/matting.py

Each row runs in a process of its own, so that its peak is its own. Prints a Markdown table.
"""

import argparse
import datetime
import json
import platform
import resource
import subprocess
import sys
import time
from importlib.metadata import version

import cv2
import numpy as np

import atnet
from atnet.jobs.photo import ASSETS

# (scale of the demo's photograph, max_memory)
CASES = ((1, "2GB"), (2, "2GB"), (2, "320MB"))
REPEATS = 3


def measure(scale: int, max_memory: str) -> dict[str, float]:
    """Runs one case and returns megapixels, unknown share, seconds and megabytes."""
    image = np.round(255 * atnet.read_image(ASSETS / "lemur.png")).astype(np.uint8)
    trimap = atnet.snap_trimap(atnet.read_grey(ASSETS / "lemur_trimap.png"))
    size = (image.shape[1] * scale, image.shape[0] * scale)
    image = cv2.resize(image, size, interpolation=cv2.INTER_CUBIC)
    trimap = cv2.resize(trimap, size, interpolation=cv2.INTER_NEAREST)
    start = time.perf_counter()
    matting = atnet.Matting(max_memory=max_memory)
    loading = time.perf_counter() - start
    times = []
    for _ in range(REPEATS):
        start = time.perf_counter()
        matting.alpha(image, trimap)
        times.append(time.perf_counter() - start)
    return {
        "megapixels": trimap.size / 1e6,
        "unknown": float((trimap == 128).mean()),
        "loading": loading,
        "seconds": float(np.median(times)),
        "peak": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
    }


def import_seconds() -> float:
    """Median time that `import atnet` takes in a fresh process."""
    code = "import time; t = time.perf_counter(); import atnet; print(time.perf_counter() - t)"
    runs = [
        float(subprocess.run([sys.executable, "-c", code], capture_output=True, check=True).stdout)
        for _ in range(REPEATS)
    ]
    return float(np.median(runs))


def main() -> None:
    """Prints the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--case", type=int, help=argparse.SUPPRESS)
    case = parser.parse_args().case
    if case is not None:
        print(json.dumps(measure(*CASES[case])))
        return
    print(
        f"{datetime.datetime.now(tz=datetime.UTC).date()}, {platform.machine()}, "
        f"{cv2.getNumberOfCPUs()} cores, Python {platform.python_version()}, "
        f"onnxruntime {version('onnxruntime')}; import atnet {import_seconds():.2f} s\n"
    )
    print("| Mpixel | unknown | max_memory | seconds | s / Mpixel | peak MB | load s |")
    print("|---|---|---|---|---|---|---|")
    for index, (_, max_memory) in enumerate(CASES):
        command = [sys.executable, __file__, "--case", str(index)]
        run = subprocess.run(command, capture_output=True, check=True)
        row = json.loads(run.stdout)
        print(
            f"| {row['megapixels']:.2f} | {row['unknown']:.0%} | {max_memory} "
            f"| {row['seconds']:.1f} | {row['seconds'] / row['megapixels']:.1f} "
            f"| {row['peak']:.0f} | {row['loading']:.1f} |",
            flush=True,
        )


if __name__ == "__main__":
    main()
