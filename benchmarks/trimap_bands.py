"""Compare bands around a rough mask: what they miss, what they cost, what matting makes of them.

    python benchmarks/trimap_bands.py ALPHAMATTING [--quality standard] [--bands 1% 2% detail]

The mask is the true alpha, cut at a half and bent by some pixels. Prints a Markdown table.
"""

import argparse
from collections.abc import Iterator
from pathlib import Path

import cv2
import numpy as np

import atnet
from atnet.arrays import to_float
from atnet.data.synthesis.backgrounds import procedural_background
from atnet.data.synthesis.generate import example
from atnet.evaluation.report.tables import markdown_table
from atnet.subjects.hints import RoughMask, parse_band

DRAWN = ("hair", "fur", "strands", "feather", "foliage", "solids", "seed_head")
BENT, SMOOTH = 2.5, 6.0  # pixels: how far the outline is off, and over what distance it stays so


def main() -> None:
    """Print a row for each scene, and the means."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("alphamatting", type=Path, nargs="?", help="folder; default: drawings")
    parser.add_argument("--quality", default="standard")
    parser.add_argument("--bands", nargs="*", default=["1%", "2%", "detail"])
    options = parser.parse_args()
    matting = atnet.Matting(quality=options.quality)
    scenes = photographs(options.alphamatting) if options.alphamatting else drawings()
    rows = {
        name: [figures(matting, image, alpha, seed, band) for band in options.bands]
        for seed, (name, image, alpha) in enumerate(scenes)
    }
    rows["mean"] = list(np.mean(list(rows.values()), axis=0))
    heading = ["scene", *(f"{band}: unknown, soft found, lost, SAD" for band in options.bands)]
    print(markdown_table(heading, [[name, *map(text, cells)] for name, cells in rows.items()]))


def photographs(folder: Path) -> Iterator[tuple[str, np.ndarray, np.ndarray]]:
    """Read alphamatting.com's training scenes."""
    for path in sorted((folder / "input_training_lowres").glob("*.png")):
        alpha = atnet.read_grey(folder / "gt_training_lowres" / path.name)
        yield path.stem, atnet.read_image(path), alpha


def drawings() -> Iterator[tuple[str, np.ndarray, np.ndarray]]:
    """Draw scenes."""
    for seed, kind in enumerate(DRAWN):
        layer = example(7, kind, 480)
        background = procedural_background(480, 480, np.random.default_rng(seed))
        picture = atnet.composite(layer.colour, background.astype(np.float32), layer.alpha)
        yield kind, picture.astype(np.float32), layer.alpha


def figures(
    matting: atnet.Matting, image: np.ndarray, alpha: np.ndarray, seed: int, band: str
) -> np.ndarray:
    """Unknown share, share of soft pixels in it, and SAD in thousands: of what is known, of all."""
    trimap = RoughMask(rough_mask(alpha, seed), parse_band(band)).trimap(image)
    unknown, soft = trimap == 128, (alpha > 0.02) & (alpha < 0.98)
    lost = np.abs(alpha - to_float(trimap))[~unknown].sum() / 1000
    sad = np.abs(alpha - matting.alpha(image, trimap)).sum() / 1000
    return np.array([unknown.mean(), unknown[soft].mean(), lost, sad])


def rough_mask(alpha: np.ndarray, seed: int) -> np.ndarray:
    """Cut alpha at a half and bend the outline."""
    rng = np.random.default_rng(seed)
    rows, columns = np.indices(alpha.shape).astype(np.float32)
    shifts = rng.normal(size=(2, *alpha.shape)).astype(np.float32)
    down, across = (
        np.float32(BENT / 2**0.5) * smooth / smooth.std()
        for smooth in (cv2.GaussianBlur(shift, (0, 0), SMOOTH) for shift in shifts)
    )
    hard = (alpha > 0.5) * np.uint8(255)
    bent = cv2.remap(hard, columns + across, rows + down, cv2.INTER_LINEAR)
    return cv2.medianBlur(bent, 5) > 127


def text(cell: np.ndarray) -> str:
    """Return the four figures of a cell."""
    unknown, found, lost, sad = cell
    return f"{unknown:.0%}, {found:.0%}, {lost:.2f}, {sad:.2f}"


if __name__ == "__main__":
    main()
