"""The data of alphamatting.com as its archives unpack: 27 training and 8 test scenes.

Scenes are named `Trimap1/GT01`, so that predictions saved under their scenes' names are laid out
as the site wants submissions: folders `Trimap1` to `Trimap3`, 8-bit PNG. So what
`atnet evaluate alphamatting FOLDER --test --save-alphas OUT` leaves in OUT is a submission.

Rhemann et al., "A Perceptually Motivated Online Benchmark for Image Matting", CVPR 2009.
"""

from collections.abc import Sequence
from pathlib import Path

from atnet.data.scenes import Scene
from atnet.files.listing import files_by_stem, partner

TRIMAPS = (1, 2, 3)


def read_alphamatting(
    folder: Path,
    trimaps: Sequence[int] = (1, 2),
    *,
    test: bool = False,
    resolution: str = "lowres",
) -> list[Scene]:
    """Lists the scenes, each once for every trimap.

    Args:
        folder: Where `input_training_lowres`, `gt_training_lowres`, `trimap_training_lowres` lie.
        trimaps: Of 1 narrow, 2 wide and 3, which only the test set has.
        test: The test set `input_lowres`, `trimap_lowres`, which has no true alpha.
        resolution: `lowres` or `highres`.

    Returns:
        Scenes in order of trimap and name.

    Raises:
        ValueError: A folder is missing, or a trimap is not 1, 2 or 3.
    """
    if not trimaps or not set(trimaps) <= set(TRIMAPS):
        raise ValueError(f"trimap is {list(trimaps)}; allowed are 1, 2 and 3")
    part = resolution if test else f"training_{resolution}"
    images = files_by_stem(folder / f"input_{part}")
    truth = folder / f"gt_{part}"
    alphas = {} if test else files_by_stem(truth)
    scenes = []
    for number in sorted(set(trimaps)):
        name = f"Trimap{number}"
        drawn = folder / f"trimap_{part}" / name
        drawings = files_by_stem(drawn)
        scenes += [
            Scene(
                name=f"{name}/{stem}",
                image=image,
                trimap=partner(drawings, drawn, stem),
                alpha=None if test else partner(alphas, truth, stem),
            )
            for stem, image in images.items()
        ]
    return scenes
