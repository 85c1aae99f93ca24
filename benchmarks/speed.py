"""Compare seconds and memory with PyMatting's methods and ViTMatte-S, and write docs/speed.md.

    python benchmarks/speed.py [--out rows.jsonl] [--page docs/speed.md]

Every method sees the same pictures on one core. Each run is a process of its own, so that its peak
is its own; rounds take the methods in turn, and medians count. A stopped run continues where it
was. Needs `pip install 'atnet[compare,openvino,mnn,plots]'`, for ViTMatte-S also `torch` and
`transformers`.
"""

import argparse
import json
import os
import re
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np

import atnet
from atnet.arrays import to_float
from atnet.choices import EngineName
from atnet.jobs.photo import ASSETS
from atnet.machine import peak_memory, release_memory, reset_peak_memory
from atnet.matting.classical import load_classical
from atnet.matting.scale import choose_scale
from atnet.trimaps import unknown_region
from speed_page import Case, write_page

PAGE = Path(__file__).parents[1] / "docs" / "speed.md"
OURS: dict[str, tuple[str, EngineName]] = {
    "atnet-vgg16, ONNX Runtime": ("atnet-vgg16", "onnxruntime"),
    "atnet-vgg16, MNN": ("atnet-vgg16", "mnn"),
    "atnet-vgg16, OpenVINO": ("atnet-vgg16", "openvino"),
    "atnet-lite, ONNX Runtime": ("atnet-lite", "onnxruntime"),
    "atnet-lite, OpenVINO": ("atnet-lite", "openvino"),
}
"""Methods of ours: model and engine."""
METHODS = (*OURS, "closed-form", "knn", "ViTMatte-S")
PEERS_UP_TO = {"closed-form": 8, "knn": 0.5, "ViTMatte-S": 2}
"""Megapixels beyond which a peer is left out: it would take minutes, or all memory."""
Matte = Callable[[np.ndarray, np.ndarray], object]


CASES = (
    *(Case(2, share, kind) for share in (0.2, 0.08) for kind in ("clear", "soft")),
    *(Case(2, share, "clear") for share in (0.05, 0.1, 0.5)),
    *(Case(size, 0.2, kind) for size in (0.5, 8) for kind in ("clear", "soft")),
    Case(24, 0.1, "soft"),
    Case(100, 0.05, "soft"),
)


def picture(case: Case) -> tuple[np.ndarray, np.ndarray]:
    """Enlarges or repeats the bundled photograph; unknown is what is next to a large outline."""
    image = np.round(255 * atnet.read_image(ASSETS / "lemur.png")).astype(np.uint8)
    trimap = atnet.snap_trimap(atnet.read_grey(ASSETS / "lemur_trimap.png"))
    factor = (case.megapixels * 10**6 / trimap.size) ** 0.5
    size = tuple(round(side * factor) for side in trimap.shape[::-1])
    clear = cv2.copyMakeBorder(
        image, 0, max(size[1] - image.shape[0], 0), 0, max(size[0] - image.shape[1], 0),
        cv2.BORDER_REFLECT,
    )  # fmt: skip
    soft = cv2.resize(image, size, interpolation=cv2.INTER_CUBIC)
    subject = cv2.resize((trimap > 0).astype(np.uint8), size, interpolation=cv2.INTER_NEAREST)
    inside, outside = (
        cv2.distanceTransform(region, cv2.DIST_L2, cv2.DIST_MASK_PRECISE)
        for region in (subject, 1 - subject)
    )
    distance = np.maximum(inside, outside)
    unknown = distance <= np.quantile(distance, case.unknown)
    return {"clear": clear, "soft": soft}[case.kind], np.where(unknown, 128, 255 * subject).astype(
        np.uint8
    )


def load(method: str) -> Matte:
    """Loads a method."""
    if method in OURS:
        preset, engine = OURS[method]
        return atnet.Matting(preset, engine=engine, threads=1).alpha
    if method == "ViTMatte-S":
        return vitmatte()
    classical = load_classical(method)
    return lambda image, trimap: classical(to_float(image), trimap)


def vitmatte() -> Matte:
    """ViTMatte-S with random weights: what they are does not change how long it takes."""
    import torch
    from transformers import (  # pyright: ignore[reportMissingImports]
        VitDetConfig,
        VitMatteConfig,
        VitMatteForImageMatting,
    )

    torch.set_num_threads(1)
    backbone = VitDetConfig(
        hidden_size=384, num_attention_heads=6, num_channels=4, image_size=512,
        window_size=14, window_block_indices=[0, 1, 3, 4, 6, 7, 9, 10],
        residual_block_indices=[2, 5, 8, 11], use_relative_position_embeddings=True,
        out_features=["stage12"],  # pyright: ignore[reportCallIssue]  (a property of its base)
    )  # fmt: skip
    model = VitMatteForImageMatting(
        VitMatteConfig(
            backbone_config=backbone,
            hidden_size=384,
            fusion_hidden_sizes=[256, 128, 64, 32],
            convstream_hidden_sizes=[48, 96, 192],
        )
    ).eval()

    def matte(image: np.ndarray, trimap: np.ndarray) -> object:
        height, width = trimap.shape
        padding = ((0, -height % 32), (0, -width % 32))
        colours = np.pad(image, (*padding, (0, 0))).astype(np.float32) / 127.5 - 1
        pixels = np.dstack([colours, np.pad(trimap, padding) / np.float32(255)])
        with torch.inference_mode():
            return model(torch.from_numpy(pixels.transpose(2, 0, 1)[None])).alphas

    return matte


def measure(method: str, case: Case) -> dict[str, float | None]:
    """Runs a method once on a small picture, then on the case; returns seconds, MB, our scale."""
    matte = load(method)
    matte(*picture(Case(0.1, 0.2, "soft")))
    image, trimap = picture(case)
    release_memory()
    reset_peak_memory()  # making the picture takes more
    start = time.perf_counter()
    matte(image, trimap)
    seconds, megabytes = time.perf_counter() - start, (peak_memory() or 0) + _of_processes()
    scale = choose_scale(image, unknown_region(trimap))
    return {"seconds": seconds, "megabytes": megabytes, "scale": scale}


def _of_processes() -> float:
    """Highest resident memory in MB of what this process started, such as MNN's."""
    statuses = [
        (task / "status").read_text()
        for children in Path("/proc/self/task").glob("*/children")
        for task in map(Path("/proc").joinpath, children.read_text().split())
    ]
    found = [re.search(r"VmHWM:\s+(\d+)", status) for status in statuses]
    return sum(int(match[1]) * 1024 / 1e6 for match in found if match)


def in_own_process(method: str, case: Case) -> dict[str, float | None] | None:
    """Measures in a fresh process with one thread; `None` if it ends badly, as out of memory."""
    limits = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "NUMBA_NUM_THREADS"), "1")
    command = [sys.executable, __file__, "--one", json.dumps([method, *case])]
    run = subprocess.run(
        command, capture_output=True, text=True, check=False, env={**os.environ, **limits}
    )
    if run.returncode:
        print(f"{method}: {run.stderr.strip()[-300:]}", file=sys.stderr)
        return None
    return json.loads(run.stdout.splitlines()[-1])


def run_all(rows: Path, rounds: int) -> list[dict]:
    """Runs what is missing, a round of all methods after another."""
    done = [json.loads(line) for line in rows.read_text().splitlines()] if rows.exists() else []
    known = {(row["method"], *row["case"], row["round"]) for row in done}
    for number in range(rounds):
        for case in CASES:
            for method in METHODS:
                beyond = case.megapixels > PEERS_UP_TO.get(method, 100)
                if beyond or (method, *case, number) in known:
                    continue
                row = {"method": method, "case": case, "round": number}
                row["found"] = in_own_process(method, case)
                done.append(row)
                with rows.open("a") as file:
                    file.write(json.dumps(row) + "\n")
                print(row, flush=True)
    return done


def main() -> None:
    """Runs what is missing, then writes the page."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("--out", type=Path, default=Path("speed.jsonl"), help="rows measured")
    parser.add_argument("--page", type=Path, default=PAGE, help="Markdown page to write")
    parser.add_argument("--rounds", type=int, default=3, help="runs of each, medians count")
    parser.add_argument("--remark", default="", help="what readers must know of this run")
    parser.add_argument("--one", type=json.loads, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.one:
        method, *case = options.one
        print(json.dumps(measure(method, Case(*case))))
        return
    write_page(options.page, run_all(options.out, options.rounds), options.remark)


if __name__ == "__main__":
    main()
