"""Find where the outputs of a model's 3 x 3 convolutions lie, so that they can be split in two.

    python benchmarks/low_rank.py DATA --preset atnet-vgg16 --share 0.73 --out spaces.npz

DATA is a data set with composites, as `atnet compose` makes it; every third is looked at through
JPEG. Half of them tell the principal components of each convolution's outputs, some of the others
how much alpha changes when only so many are kept. Of all choices that cost a share of the time of
these convolutions, the one that changes alpha least is taken, as if changes added up. Writes that
file, and prints a Markdown table.
"""

import argparse
import io
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np
from PIL import Image

from atnet.arrays import network_trimap, to_bytes, to_float
from atnet.evaluation.data_sets import read_data_set
from atnet.evaluation.report.tables import markdown_table
from atnet.files.atomic import write_bytes
from atnet.machine import describe_run
from atnet.matting.engines import Session
from atnet.matting.low_rank import Space, split_convolutions, write_spaces
from atnet.matting.onnx_file import extract, read_onnx, stored_weights
from atnet.matting.presets import PRESETS, read_model
from atnet.matting.runtime import MULTIPLE

CHANNELS = 32
"""Convolutions from or to fewer are not worth splitting."""
ENERGIES = (0.9998, 0.9995, 0.999, 0.998, 0.996, 0.99, 0.98, 0.95)
"""Shares of the variance that are tried."""
STEP = 16
"""Ranks are multiples of it: engines compute so many channels at once."""
WORTH = 0.9
"""Of a convolution's cost, that the two may have at most."""
ONE_BY_ONE = 1.3
"""Time of a multiplication in a 1 x 1 convolution, relative to one in 3 x 3."""
QUALITIES = (92, 80, 70)
"""Of the JPEG files, one after another."""
CROP, PLACES = 256, 20_000
"""Side of what alpha is compared on; places of a picture at which outputs are looked at."""
UNKNOWN_SHARE = 0.03
"""Of a crop, that makes it tell something."""

Picture = tuple[np.ndarray, np.ndarray]
"""Image and trimap as the network takes them."""


class Convolution(NamedTuple):
    """A 3 x 3 convolution and where its outputs lie.

    Attributes:
        name: Of its output.
        inputs: Channels.
        density: Outputs for each pixel of the picture.
        mean: Of the outputs, `(C,)`.
        variances: Of the principal components, falling, `(C,)`.
        components: Those, `(C, C)`, one a column.
    """

    name: str
    inputs: int
    density: float
    mean: np.ndarray
    variances: np.ndarray
    components: np.ndarray

    def cost(self, rank: int | None = None) -> float:
        """Multiplications a pixel, as if all were in 3 x 3; of the two if there is a rank."""
        outputs = len(self.mean)
        if rank is None:
            return self.density * 9 * self.inputs * outputs
        return self.density * (9 * self.inputs + ONE_BY_ONE * outputs) * rank

    def ranks(self) -> list[int]:
        """Ranks that are tried."""
        kept = np.cumsum(self.variances) / self.variances.sum()
        needed = [int(np.searchsorted(kept, energy)) + 1 for energy in ENERGIES]
        ranks = {-(-rank // STEP) * STEP for rank in needed}
        return sorted(rank for rank in ranks if self.cost(rank) <= WORTH * self.cost())

    def space(self, rank: int) -> Space:
        """The first principal components."""
        basis = self.components[:, :rank]
        return Space(basis, self.mean - basis @ (basis.T @ self.mean))


class Choice(NamedTuple):
    """How a convolution is split; not at all if there is no rank."""

    convolution: Convolution
    rank: int | None
    harm: float

    @property
    def cost(self) -> float:
        """As `Convolution.cost`."""
        return self.convolution.cost(self.rank)


class Moments:
    """Mean and covariance of a convolution's outputs, from a sample of places.

    Attributes:
        density: Outputs for each pixel of the picture.
    """

    def __init__(self) -> None:
        self.density = 0.0
        self._count, self._sum, self._squares = 0, np.zeros(()), np.zeros(())
        self._rng = np.random.default_rng(0)

    def add(self, outputs: np.ndarray, pixels: int) -> None:
        """Look at the outputs `(C, places)` for a picture of so many pixels."""
        count = outputs.shape[1]
        self.density = count / pixels
        sample = outputs[:, self._rng.permutation(count)[:PLACES]].astype(np.float64)
        self._count += sample.shape[1]
        self._sum = self._sum + sample.sum(axis=1)
        self._squares = self._squares + sample @ sample.T

    def components(self) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Return mean, variances and principal components as a `Convolution` has them."""
        mean = self._sum / self._count
        variances, components = np.linalg.eigh(self._squares / self._count - np.outer(mean, mean))
        return mean, variances[::-1], components[:, ::-1]


def main() -> None:
    """Find the spaces, write them, print the table."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("data", type=Path, help="folder with merged_test")
    parser.add_argument("--preset", choices=PRESETS, default="atnet-vgg16")
    parser.add_argument("--share", type=float, default=0.73, help="of these convolutions' time")
    parser.add_argument("--out", type=Path, required=True, help="file that is written")
    options = parser.parse_args()
    model, pictures = read_model(options.preset), list(read_pictures(options.data))
    convolutions = find_convolutions(model, pictures[::2])
    crops = list(crop(pictures[1::4]))
    before = find_alphas(model, crops)
    candidates = [list(try_ranks(model, one, crops, before)) for one in convolutions]
    chosen = choose(candidates, options.share)
    spaces = {one.name: one.space(rank) for one, rank, _ in chosen if rank is not None}
    write_bytes(options.out, write_spaces(spaces))
    print(f"{describe_run()}\n\n{table(chosen)}")


def read_pictures(folder: Path) -> Iterator[Picture]:
    """Read the composites, every third through JPEG."""
    for number, scene in enumerate(read_data_set("composition1k", folder).scenes):
        image = scene.read_image()
        if number % 3 == 1:
            image = through_jpeg(image, QUALITIES[number // 3 % len(QUALITIES)])
        rows, columns = (slice(side // MULTIPLE * MULTIPLE) for side in image.shape[:2])
        yield image[rows, columns], network_trimap(scene.read_trimap())[rows, columns]


def through_jpeg(image: np.ndarray, quality: int) -> np.ndarray:
    """Lose what JPEG loses."""
    file = io.BytesIO()
    Image.fromarray(to_bytes(image)).save(file, "JPEG", quality=quality, subsampling=2)
    return to_float(np.asarray(Image.open(file)))


def crop(pictures: Sequence[Picture]) -> Iterator[Picture]:
    """Take the middle of each picture that has something unknown there."""
    for image, trimap in pictures:
        starts = (max(0, (side - CROP) // 2) for side in trimap.shape)
        rows, columns = (slice(start, start + CROP) for start in starts)
        if (trimap[rows, columns] == 0.5).mean() > UNKNOWN_SHARE:
            yield image[rows, columns], trimap[rows, columns]


def find_convolutions(model: bytes, pictures: Sequence[Picture]) -> list[Convolution]:
    """Find those that are worth splitting, and the principal components of their outputs."""
    inputs = wide_convolutions(model)
    part = load(extract(read_onnx(model), ["image", "trimap"], list(inputs)))
    moments = {name: Moments() for name in inputs}
    for image, trimap in pictures:
        for name, outputs in zip(inputs, run(part, list(inputs), image, trimap), strict=True):
            moments[name].add(outputs[0].reshape(outputs.shape[1], -1), trimap.size)
    return [
        Convolution(name, channels, moments[name].density, *moments[name].components())
        for name, channels in inputs.items()
    ]


def wide_convolutions(model: bytes) -> dict[str, int]:
    """Return names of outputs, and channels of inputs."""
    graph = read_onnx(model).graph
    weights = stored_weights(graph)
    kernels = {
        node.output[0]: tuple(weights[node.input[1]].dims)
        for node in graph.node
        if node.op_type == "Conv"
    }
    return {
        name: kernel[1]
        for name, kernel in kernels.items()
        if kernel[2:] == (3, 3) and min(kernel[:2]) >= CHANNELS
    }


def load(model: bytes) -> Session:
    """Load it where it computes the same on every machine."""
    return Session(model, 0, ["CPUExecutionProvider"])


def run(
    session: Session, names: list[str], image: np.ndarray, trimap: np.ndarray
) -> list[np.ndarray]:
    """Compute some outputs."""
    return session.session.run(names, {"image": image[None], "trimap": trimap[None, ..., None]})


def find_alphas(model: bytes, crops: Sequence[Picture]) -> list[np.ndarray]:
    """Compute alpha where it is unknown."""
    session = load(model)
    return [
        run(session, ["alpha"], image, trimap)[0][0, ..., 0][trimap == 0.5]
        for image, trimap in crops
    ]


def try_ranks(
    model: bytes, convolution: Convolution, crops: Sequence[Picture], before: Sequence[np.ndarray]
) -> Iterator[Choice]:
    """Measure each rank's mean squared change of what alpha was before."""
    yield Choice(convolution, None, 0.0)
    for rank in convolution.ranks():
        split = split_convolutions(model, {convolution.name: convolution.space(rank)})
        pairs = zip(find_alphas(split, crops), before, strict=True)
        harm = float(np.mean([np.mean((after - earlier) ** 2) for after, earlier in pairs]))
        yield Choice(convolution, rank, harm)


def choose(candidates: Sequence[Sequence[Choice]], share: float) -> list[Choice]:
    """Choose for all convolutions what costs at most a share of the whole, and harms least.

    What it costs not to harm is one price for all of them; it is found by halving.
    """
    whole = sum(each[0].cost for each in candidates)
    low, high = 1e3, 1e14
    for _ in range(60):
        price = (low * high) ** 0.5
        chosen = at_price(candidates, price)
        if sum(choice.cost for choice in chosen) > share * whole:
            high = price
        else:
            low = price
    return at_price(candidates, low)


def at_price(candidates: Sequence[Sequence[Choice]], price: float) -> list[Choice]:
    """Choose for each convolution on its own."""
    return [min(each, key=lambda choice: choice.cost + price * choice.harm) for each in candidates]


def table(chosen: Sequence[Choice]) -> str:
    """Return a Markdown table."""
    rows = [
        (
            *(one.name, str(one.inputs), str(len(one.mean))),
            *(str(rank or ""), f"{one.cost(rank) / one.cost():.2f}", f"{harm:.1e}"),
        )
        for one, rank, harm in chosen
    ]
    cost = sum(choice.cost for choice in chosen) / sum(one.cost() for one, _, _ in chosen)
    rows.append(("all", "", "", "", f"{cost:.2f}", ""))
    heading = ["convolution", "in", "out", "rank", "cost", "mean squared change of alpha"]
    return markdown_table(heading, rows)


if __name__ == "__main__":
    main()
