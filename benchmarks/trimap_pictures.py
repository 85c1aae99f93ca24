"""Draw the pictures of docs/trimaps.md: where each way to a trimap works, and where it fails.

python benchmarks/trimap_pictures.py [--out docs/images]
"""

import argparse
from pathlib import Path

import cv2
import numpy as np

import atnet
from atnet.data.synthesis.backgrounds import procedural_background
from atnet.data.synthesis.generate import example
from atnet.files.atomic import write_bytes
from atnet.jobs.photo import ASSETS
from atnet.sheet import contact_sheet
from atnet.subjects.hints import (
    Box,
    Hint,
    KnownAlpha,
    NoHint,
    RoughMask,
    Scribbles,
    parse_band,
)

PAGES = Path(__file__).parents[1] / "docs" / "images"
SEED, SIDE = 7, 480
ROWS = slice(85, 395)  # of a drawing, to the lemur's 680 : 440
WIDTH, QUALITY = 300, 82
ORANGE = np.array([1, 0.7, 0], np.float32)


def main() -> None:
    """Write all sheets."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("--out", type=Path, default=PAGES, help="folder for the pictures")
    folder = parser.parse_args().out
    lemur = atnet.read_image(ASSETS / "lemur.png")
    alpha = atnet.Matting().alpha(lemur, atnet.read_trimap(ASSETS / "lemur_trimap.png"))
    sheets = {
        "trimaps-mask": of_masks(),
        "trimaps-soft": of_soft_masks(lemur, alpha),
        "trimaps-found": of_boxes(lemur),
        "trimaps-scribbles": of_scribbles(lemur),
    }
    for name, pictures in sheets.items():
        sheet = np.round(contact_sheet(pictures, 3, WIDTH) * 255).astype(np.uint8)
        _, data = cv2.imencode(".jpg", sheet[..., ::-1], [cv2.IMWRITE_JPEG_QUALITY, QUALITY])
        write_bytes(folder / f"{name}.jpg", data.tobytes())
        print(f"{folder / name}.jpg: {data.size // 1000} kB")


def of_masks() -> dict[str, np.ndarray]:
    """Bands around a hard mask of hair."""
    plain, alpha = drawing("hair", 13)
    detailed, _ = drawing("hair", 13, noise=0.25)
    mask = alpha > 0.5
    lacking = mask.copy()
    lacking[190:, 300:] = False
    return {
        "a hard mask": outlined(plain, mask),
        "--band 1%: hair is lost": seen(plain, RoughMask(mask, parse_band("1%"))),
        "--band detail": seen(plain, RoughMask(mask)),
        "detail, grainy background: fails": seen(detailed, RoughMask(mask)),
        "a shoulder missing: fails": seen(plain, RoughMask(lacking)),
        "--band 6%: much to do, but safe": seen(plain, RoughMask(mask, parse_band("6%"))),
    }


def of_soft_masks(lemur: np.ndarray, alpha: np.ndarray) -> dict[str, np.ndarray]:
    """A mask as small as networks make them, and an alpha to be redone."""
    small = cv2.resize(alpha, (85, 55), interpolation=cv2.INTER_AREA)
    soft = np.clip(cv2.resize(small, alpha.shape[::-1], interpolation=cv2.INTER_CUBIC), 0, 1)
    hazy = np.maximum(soft, np.linspace(0.25, 0, alpha.shape[1], dtype=np.float32))
    holed = alpha.copy()
    cv2.circle(holed, (330, 270), 40, 0, -1)
    return {
        "a mask of 85 x 55 pixels, enlarged": soft,
        "--band soft": seen(lemur, RoughMask(soft, parse_band("soft"))),
        "the same with haze: fails": seen(lemur, RoughMask(hazy, parse_band("soft"))),
        "an alpha": alpha,
        "--from-alpha": seen(lemur, KnownAlpha(alpha)),
        "a hole in alpha stays: fails": seen(lemur, KnownAlpha(holed)),
    }


def of_boxes(lemur: np.ndarray) -> dict[str, np.ndarray]:
    """The subject in a box, or found by nothing."""
    right, narrow = Box(160, 40, 400, 400), Box(240, 40, 320, 400)
    flower, _ = drawing("seed_head", 15)
    return {
        "--box": boxed(seen(lemur, right), right),
        "a box that cuts it: fails": boxed(seen(lemur, narrow), narrow),
        "--box, subject see-through: fails": seen(flower, Box(120, 20, 290, 288)),
        "--auto": seen(lemur, NoHint()),
        "--auto, the same flower: fails": seen(flower, NoHint()),
        "the flower": flower,
    }


def of_scribbles(lemur: np.ndarray) -> dict[str, np.ndarray]:
    """Strokes: too few, then enough."""
    flower, _ = drawing("seed_head", 15)
    animal = strokes(lemur, [(250, 100, 290, 150), (330, 300, 380, 310)], [(30, 60, 160, 40)])
    few = strokes(flower, [(270, 100, 330, 120)], [(30, 40, 120, 40)])
    more = strokes(
        flower,
        [(250, 60, 360, 160), (350, 60, 260, 200), (246, 170, 236, 300)],
        [(40, 20, 150, 290), (430, 20, 430, 280), (270, 295, 430, 280), (180, 20, 200, 240)],
    )
    return {
        "few strokes": drawn(lemur, animal),
        "--scribbles: colours differ": seen(lemur, Scribbles(animal)),
        "few where colours are alike": drawn(flower, few),
        "--scribbles: fails": seen(flower, Scribbles(few)),
        "more strokes": drawn(flower, more),
        "--scribbles --band 5%": seen(flower, Scribbles(more, parse_band("5%"))),
    }


def drawing(kind: str, seed: int, noise: float = 0) -> tuple[np.ndarray, np.ndarray]:
    """Return a drawn picture of the lemur's size, and its alpha."""
    layer = example(SEED, kind, SIDE)
    rng = np.random.default_rng(seed)
    background = procedural_background(SIDE, SIDE, rng)
    if noise:
        background = np.clip(background + rng.normal(0, noise, background.shape), 0, 1)
    picture = atnet.composite(layer.colour, background.astype(np.float32), layer.alpha)
    return picture.astype(np.float32)[ROWS], layer.alpha[ROWS]


def seen(image: np.ndarray, hint: Hint) -> np.ndarray:
    """Show a hint's trimap: background dark, unknown orange."""
    return shown(image, hint.trimap(image))


def shown(image: np.ndarray, trimap: np.ndarray) -> np.ndarray:
    """Show a trimap over its picture."""
    unknown = (trimap == 128)[..., None]
    dimmed = np.where((trimap == 0)[..., None], 0.3 * image, image)
    return np.where(unknown, 0.4 * image + 0.6 * ORANGE, dimmed).astype(np.float32)


def outlined(image: np.ndarray, mask: np.ndarray) -> np.ndarray:
    """Show the outline of a mask."""
    edge = cv2.morphologyEx(mask.astype(np.uint8), cv2.MORPH_GRADIENT, np.ones((5, 5), np.uint8))
    return np.where(edge[..., None] > 0, ORANGE, image)


def boxed(picture: np.ndarray, box: Box) -> np.ndarray:
    """Draw a box onto a picture."""
    corner = (box.x + box.width, box.y + box.height)
    return cv2.rectangle(picture.copy(), (box.x, box.y), corner, (1, 1, 1), 3)


def strokes(image: np.ndarray, white: list, black: list) -> np.ndarray:
    """Draw lines `(x, y, x, y)` on transparency."""
    layer = np.zeros((*image.shape[:2], 4), np.uint8)
    for lines, colour in ((white, (255, 255, 255, 255)), (black, (0, 0, 0, 255))):
        for left, top, right, bottom in lines:
            cv2.line(layer, (left, top), (right, bottom), colour, 9)
    return layer


def drawn(image: np.ndarray, layer: np.ndarray) -> np.ndarray:
    """Show strokes over a picture, lightened so that black is seen."""
    return atnet.composite(layer[..., :3] / np.float32(255), 0.6 * image + 0.2, layer[..., 3] > 0)


if __name__ == "__main__":
    main()
