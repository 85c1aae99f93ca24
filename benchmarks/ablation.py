"""Train the network without each of its parts in turn and write docs/ablation.md.

    python benchmarks/ablation.py --data DATA [--alphamatting DIR] [--seeds 3] [--out FOLDER]

DATA is a data set of `atnet synthesize`; its test part is what the networks are scored on. All
variants take the same number of steps on the same samples, those of their seed; what a step costs
is measured. A run that has ended is not repeated; one that was stopped begins anew. Everything
works on one thread. Needs `pip install 'atnet[train,export,plots]'`.
"""

import argparse
import json
import os
import re
import shutil
import time
from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import Any

os.environ["KERAS_BACKEND"] = "torch"
os.environ.setdefault("OMP_NUM_THREADS", "1")

import cv2
import keras
import numpy as np

from ablation_page import HELD_OUT_SIZE, Figures, write_page
from atnet.arrays import to_bytes, to_float
from atnet.data.training.pipeline import PipelineSettings, batches
from atnet.evaluation.data_sets import read_data_set
from atnet.evaluation.metrics import score
from atnet.files.atomic import write_bytes
from atnet.matting.scale import at_scale
from atnet.models.atnet import ATNet
from atnet.models.layers import NetworkInput
from atnet.models.loading import load_network
from atnet.models.pretrained import load_encoder
from atnet.models.weights import save_weights
from atnet.training.config import Config, StageName, read_config
from atnet.training.trainer import train
from atnet.trimaps import clamp
from network_costs import Cost, measure

ROOT = Path(__file__).parents[1]
VARIANTS: dict[str, dict[str, dict[str, Any]]] = {
    "baseline": {},
    "without channel gate": {"network": {"attention": "spatial"}},
    "without spatial gate": {"network": {"attention": "channel"}},
    "without feature attention": {"network": {"attention": "none"}},
    "bilinear upsampling": {"network": {"upsampling": "bilinear"}},
    "transposed convolution": {"network": {"upsampling": "transposed"}},
    "without refinement": {"network": {"refinement": False}},
    "perceptual loss, ours": {"loss": {"perceptual": 0.5, "perceptual_kind": "relative"}},
    "perceptual loss, as released": {"loss": {"perceptual": 0.5, "perceptual_kind": "released"}},
}
"""What differs from configs/ablation.toml, by table and key. The perceptual losses weigh half as
much as alpha's, as in the release."""
FIGURES = "figures.json"
"""What a run that has ended leaves."""
HELD_OUT_SEED = 1_000_000
"""Of the samples that are scored, apart from all seeds of training."""
REDUCTION = 0.5
"""Of the photographs' height and width: the networks are trained on small crops."""


def main() -> None:
    """Run what is missing, then write the page."""
    options = parse()
    names = options.variants or list(VARIANTS)
    found: dict[str, list[Figures]] = {}
    for seed in range(options.seeds):
        for name in names:
            figures = finished(options, name, seed)
            if figures is None and not options.page_only:
                figures = run(options, name, seed)
            if figures is not None:
                found.setdefault(name, []).append(figures)
                print(f"{name}, seed {seed}: SAD {figures.drawn['sad']:.4f}", flush=True)
    costs = {name: cost(options, name) for name in found}
    write_page(options, found, costs, configuration(options, "baseline", 0))
    print(f"wrote {options.page}")


def parse() -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("--data", type=Path, required=True, help="data set to train and score on")
    parser.add_argument("--alphamatting", type=Path, help="folder with input_training_lowres")
    parser.add_argument("--config", type=Path, default=ROOT / "configs" / "ablation.toml")
    parser.add_argument("--weights", type=Path, help="folder of ImageNet's archives; default: none")
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--samples", type=int, default=32, help="drawn samples to score")
    parser.add_argument("--variants", nargs="*", choices=VARIANTS, help="default all")
    parser.add_argument("--out", type=Path, default=Path("ablation"), help="runs and their figures")
    parser.add_argument("--page", type=Path, default=ROOT / "docs" / "ablation.md")
    parser.add_argument("--page-only", action="store_true", help="of the runs that have ended")
    parser.add_argument("--remark", default="", help="what readers must know of this run")
    return parser.parse_args()


def configuration(options: argparse.Namespace, name: str, seed: int) -> Config:
    """Return the configuration of a run."""
    folder = run_folder(options, name, seed)
    tables = read_config(options.config).model_dump()
    own = {
        "data": {"folder": options.data, "seed": seed},
        "network": {"weights": str(folder / "start.npz"), **archives(options.weights)},
        "run": {"folder": folder},
    }
    for changes in (own, VARIANTS[name]):
        for table, keys in changes.items():
            tables[table] |= keys
    return Config.model_validate(tables)


def archives(folder: Path | None) -> dict[str, str]:
    """Return where ImageNet's weights are; random ones do for a trial."""
    if folder is None:
        return {"encoder_weights": "none", "features": "random"}
    return {
        "encoder_weights": str(folder / "efficientnet_lite0_imagenet.npz"),
        "features": str(folder / "vgg16_imagenet_float16.npz"),
    }


def run_folder(options: argparse.Namespace, name: str, seed: int) -> Path:
    """Return where a run keeps its files."""
    return options.out / slug(name) / f"seed-{seed}"


def slug(name: str) -> str:
    """Return a name that files can have."""
    return re.sub(r"\W+", "-", name)


def finished(options: argparse.Namespace, name: str, seed: int) -> Figures | None:
    """Read what an earlier run found, if it ended."""
    path = run_folder(options, name, seed) / FIGURES
    return Figures(**json.loads(path.read_text(encoding="utf-8"))) if path.is_file() else None


def run(options: argparse.Namespace, name: str, seed: int) -> Figures:
    """Train and score one variant."""
    config, folder = configuration(options, name, seed), run_folder(options, name, seed)
    stage: StageName = "joint" if config.network.refinement else "encoder-decoder"
    shutil.rmtree(folder, ignore_errors=True)
    write_start(config)
    clock = Clock()
    best = train(stage, config, callbacks=[clock])
    network = load_network(best["weights"])
    photographs = photograph_errors(network, options.alphamatting) if options.alphamatting else None
    figures = Figures(
        seconds=float(np.median(clock.seconds)),
        curve=curve(folder / stage / "history.csv"),
        drawn=drawn_errors(network, options.data, options.samples),
        photographs=photographs,
    )
    write_bytes(folder / FIGURES, json.dumps(figures._asdict()).encode())
    shutil.rmtree(folder / stage / "checkpoints")
    keras.utils.clear_session()
    return figures


def write_start(config: Config) -> None:
    """Write what a run starts from: ImageNet's encoder, the rest as the seed draws it."""
    path = Path(config.network.weights)
    path.parent.mkdir(parents=True, exist_ok=True)
    keras.utils.set_random_seed(config.data.seed)
    network = ATNet(**config.network.architecture)
    if config.network.encoder_weights != "none":
        load_encoder(network, config.network.encoder_weights)
    save_weights(network, path)


class Clock(keras.callbacks.Callback):
    """Takes the processor time of each step, which other work on the machine does not add to."""

    def __init__(self) -> None:
        super().__init__()
        self.seconds: list[float] = []

    def on_train_batch_begin(self, batch: int, logs: Any = None) -> None:
        """Starts; the batch is there already."""
        del batch, logs
        self._start = time.process_time()

    def on_train_batch_end(self, batch: int, logs: Any = None) -> None:
        """Stops."""
        del batch, logs
        self.seconds.append(time.process_time() - self._start)


def curve(path: Path) -> list[tuple[int, float]]:
    """Read steps and validation errors."""
    heading, *lines = path.read_text(encoding="utf-8").splitlines()
    names = heading.split(",")
    rows = [dict(zip(names, map(float, line.split(",")), strict=True)) for line in lines]
    return [(int(row["step"]), row["val_sad"]) for row in rows]


def drawn_errors(network: ATNet, data: Path, samples: int) -> dict[str, float]:
    """Score composites of foregrounds and backgrounds that no training saw."""
    settings = PipelineSettings(data, part="test", size=HELD_OUT_SIZE, batch=1, seed=HELD_OUT_SEED)
    return mean_errors(
        network,
        (
            (inputs["image"][0], inputs["trimap"][0, ..., 0], targets["alpha"][0, ..., 0])
            for inputs, targets in islice(batches(settings), samples)
        ),
    )


def photograph_errors(network: ATNet, folder: Path) -> dict[str, float]:
    """Score alphamatting.com's scenes with their narrow trimaps, at half the size."""
    return mean_errors(network, photographs(folder))


def photographs(folder: Path) -> Iterator[tuple[np.ndarray, np.ndarray, np.ndarray]]:
    """Read scenes: image, trimap, alpha, all uint8."""
    for scene in read_data_set("alphamatting", folder).scenes:
        alpha = scene.read_alpha()
        if alpha is None or "Trimap1" not in str(scene.trimap):
            continue
        image, trimap = at_scale(scene.read_image(), scene.read_trimap(), REDUCTION)
        smaller = cv2.resize(to_float(alpha), trimap.shape[::-1], interpolation=cv2.INTER_AREA)
        yield image, trimap, to_bytes(smaller)


def mean_errors(
    network: ATNet, pictures: Iterator[tuple[np.ndarray, np.ndarray, np.ndarray]]
) -> dict[str, float]:
    """Return the means of SAD and Grad in thousands and of MSE."""
    rows = []
    for image, trimap, alpha in pictures:
        height, width = trimap.shape
        predicted = network.predict_on_batch(network_inputs(image, trimap))["alpha"]
        errors = score(to_bytes(clamp(predicted[0, :height, :width, 0], trimap)), alpha, trimap)
        rows.append((errors.sad, errors.mse, errors.gradient))
    return dict(zip(("sad", "mse", "gradient"), np.mean(rows, axis=0).tolist(), strict=True))


def network_inputs(image: np.ndarray, trimap: np.ndarray) -> dict[str, np.ndarray]:
    """Return a batch of one, its edges repeated to sizes that the network takes."""
    padding = [(0, -side % NetworkInput.MULTIPLE) for side in trimap.shape]
    colours = np.pad(to_float(image), (*padding, (0, 0)), mode="edge")
    known = np.pad(np.rint(trimap / 127.5).astype(np.float32) / 2, padding, mode="edge")
    return {"image": colours[None], "trimap": known[None, ..., None]}


def cost(options: argparse.Namespace, name: str) -> Cost:
    """Measure a variant's network, or read what was measured; a loss changes no network."""
    parts = configuration(options, name, 0).network.architecture
    path = options.out / f"cost-{slug('-'.join(map(str, parts.values())))}.json"
    if path.is_file():
        return Cost(**json.loads(path.read_text(encoding="utf-8")))
    measured = measure(**parts)
    write_bytes(path, json.dumps(measured._asdict()).encode())
    return measured


if __name__ == "__main__":
    main()
