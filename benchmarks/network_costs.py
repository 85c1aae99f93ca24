"""Parameters, arithmetic, time and file size of every encoder with every decoder.

    python benchmarks/network_costs.py

Each network is exported as `atnet export` does, with untrained weights, and run by ONNX Runtime on
one thread. Prints a Markdown table. Needs `pip install 'atnet[export]'`.
"""

import os
import statistics
import tempfile
import time
from pathlib import Path
from typing import Any, NamedTuple

os.environ["KERAS_BACKEND"] = "torch"

import keras
import numpy as np
import torch
from torch.utils.flop_counter import FlopCounterMode

from atnet.evaluation.report.tables import markdown_table
from atnet.machine import describe_run
from atnet.matting.runtime import Network
from atnet.models.atnet import ATNet
from atnet.models.encoders import BACKBONES
from atnet.models.export import export_onnx

SIDE = 384
REPEATS = 3
DECODERS = {
    "attention transfer": {},
    "attention transfer, half width": {"width": "half"},
    "original": {"decoder": "original"},
}


class Cost(NamedTuple):
    """What a network costs.

    Attributes:
        parameters: Number of weights.
        macs: Multiplications and additions of the convolutions, in thousands a pixel.
        seconds: Processor time for a megapixel.
        megabytes: Of the exported file, weights in half precision.
    """

    parameters: int
    macs: float
    seconds: float
    megabytes: float

    def cells(self) -> list[str]:
        """Returns the figures as text."""
        return [
            f"{self.parameters / 1e6:.2f}",
            f"{self.macs:.1f}",
            f"{self.seconds:.1f}",
            f"{self.megabytes:.1f}",
        ]


HEADING = ["million parameters", "thousand MACs / pixel", "s / Mpixel", "MB"]


def main() -> None:
    """Prints a row for each network."""
    print(f"{describe_run('keras', 'torch', 'onnxruntime')}\n", flush=True)
    rows = []
    for encoder in BACKBONES:
        for name, parts in DECODERS.items():
            cost = measure(encoder=encoder, **parts)
            rows.append([encoder, name, *cost.cells()])
            print(rows[-1], flush=True)
    print(f"\n{markdown_table(['encoder', 'decoder', *HEADING], rows)}")


def measure(**architecture: Any) -> Cost:
    """Measures a network of untrained weights.

    Args:
        **architecture: Arguments of `ATNet`.
    """
    network = ATNet(**architecture)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "network.onnx"
        export_onnx(network, path)
        seconds, size = _seconds(path), path.stat().st_size
    return Cost(network.count_params(), _macs(network) / 1e3, seconds, size / 1e6)


def _macs(network: ATNet) -> float:
    """Counts for a pixel; what is added for each image, such as gates, is shared by its pixels."""
    shape = (1, SIDE, SIDE)
    inputs = {"image": keras.ops.zeros((*shape, 3)), "trimap": keras.ops.zeros((*shape, 1))}
    with torch.no_grad(), FlopCounterMode(display=False) as counter:
        network(inputs, training=False)
    return counter.get_total_flops() / 2 / SIDE**2


def _seconds(path: Path) -> float:
    """Median processor time for a megapixel on one thread."""
    network = Network(path, threads=1, engine="onnxruntime")
    image = np.random.default_rng(0).random((SIDE, SIDE, 3), np.float32)
    trimap = np.full((SIDE, SIDE), 0.5, np.float32)
    network(image, trimap)
    taken = []
    for _ in range(REPEATS):
        start = time.process_time()
        network(image, trimap)
        taken.append(time.process_time() - start)
    return statistics.median(taken) / (SIDE**2 / 1e6)


if __name__ == "__main__":
    main()
