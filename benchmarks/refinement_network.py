"""Measure what the refinement network does for the shipped models, alone and behind it.

    python benchmarks/refinement_network.py ALPHAMATTING [--presets atnet-vgg16]

ALPHAMATTING is a folder with input_training_lowres. Each model runs as it is, and with its coarse
alpha for its result: the graph is cut before the refinement's residual is added. Prints a Markdown
table: errors of the network alone and with colour-line refinement behind it. Needs `pip install
onnx`.
"""

import argparse
import tempfile
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np
import onnx

from atnet.arrays import to_bytes
from atnet.data.scenes import Scene
from atnet.evaluation.data_sets import read_data_set
from atnet.evaluation.metrics import Scores, score
from atnet.evaluation.report.tables import markdown_table
from atnet.machine import describe_run
from atnet.matting.colour_lines import refine
from atnet.matting.predictor import Matting
from atnet.matting.presets import PRESETS, read_model
from atnet.matting.runtime import CONTEXT, MULTIPLE
from atnet.tiling import Tiling
from atnet.trimaps import clamp, unknown_region

WHOLE = Tiling(10**8, CONTEXT, MULTIPLE)
"""The scenes are small enough for colour-line refinement of the whole."""
TRIMAPS = ("Trimap1", "Trimap2")


class Outcome(NamedTuple):
    """What came of a scene: errors with and without colour lines, seconds of the network."""

    alone: Scores
    refined: Scores
    seconds: float


def main() -> None:
    """Print a row for each model, trimap and output."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("alphamatting", type=Path, help="folder with input_training_lowres")
    parser.add_argument("--presets", nargs="*", choices=PRESETS, default=list(PRESETS))
    options = parser.parse_args()
    scenes = read_data_set("alphamatting", options.alphamatting).scenes
    rows = []
    with tempfile.TemporaryDirectory() as folder:
        for preset in options.presets:
            cut = Path(folder) / f"{preset}-coarse.onnx"
            cut.write_bytes(without_refinement(read_model(preset)))
            for output, model in (("coarse alpha", cut), ("alpha", preset)):
                outcomes = dict(measure(Matting(model, quality="fast", threads=1), scenes))
                rows += [[preset, name, output, *cells(outcomes, name)] for name in TRIMAPS]
                print(rows[-2:], flush=True)
    heading = ["model", "trimap", "output", "scenes", "SAD", "MSE", "Grad"]
    heading += ["SAD, colour lines", "MSE, colour lines", "Grad, colour lines", "s"]
    print(f"{describe_run()}\n\n{markdown_table(heading, rows)}")


def without_refinement(model: bytes) -> bytes:
    """Return a model whose alpha is the coarse alpha, which the refinement network takes in."""
    parsed = onnx.load_model_from_string(model)
    (coarse,) = (
        name
        for node in parsed.graph.node
        if node.op_type == "Concat" and {"image", "trimap"} <= set(node.input)
        for name in node.input
        if name not in {"image", "trimap"}
    )
    kept = [node for node in parsed.graph.node if "alpha" not in node.output]
    del parsed.graph.node[:]
    # Runtimes leave out what no output depends on.
    parsed.graph.node.extend([*kept, onnx.helper.make_node("Identity", [coarse], ["alpha"])])
    return parsed.SerializeToString()


def measure(matting: Matting, scenes: Sequence[Scene]) -> Iterator[tuple[str, Outcome]]:
    """Compute and score every scene."""
    for scene in scenes:
        image, trimap, truth = scene.read_image(), scene.read_trimap(), scene.read_alpha()
        if truth is None:
            continue
        start = time.process_time()
        alone = matting.alpha(image, trimap)
        seconds = time.process_time() - start
        refined = clamp(refine(image, alone, unknown_region(trimap), WHOLE), trimap)
        known = to_bytes(truth)
        errors = [score(to_bytes(alpha), known, trimap) for alpha in (alone, refined)]
        yield scene.name, Outcome(errors[0], errors[1], seconds)


def cells(outcomes: dict[str, Outcome], trimap: str) -> list[str]:
    """Return the means over the scenes with a trimap."""
    chosen = [outcome for name, outcome in outcomes.items() if trimap in name]
    texts = [str(len(chosen))]
    for kind in ("alone", "refined"):
        means = np.mean([getattr(outcome, kind)[:3] for outcome in chosen], axis=0)
        texts += [f"{means[0]:.3f}", f"{means[1]:.5f}", f"{means[2]:.3f}"]
    return [*texts, f"{np.mean([outcome.seconds for outcome in chosen]):.2f}"]


if __name__ == "__main__":
    main()
