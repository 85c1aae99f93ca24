"""Composition-1k's test set once it is composed.

Xu, Price, Cohen, Huang, "Deep Image Matting", CVPR 2017.
"""

from pathlib import Path

from atnet.data.layout import Layout, foregrounds_of
from atnet.data.scenes import TRIMAP_POLICIES, Scene
from atnet.files.listing import files_by_stem, partner

SCENES = 1000
"""Number of composites in the official test set."""


def read_composition1k(folder: Path) -> list[Scene]:
    """Lists the composites of a finished test set.

    Composites are named `<foreground>_<k>` as the official ones are, or, where that names no file
    of `mask_test`, `<i>_<j>` as the original's are: i counts foregrounds in the order of
    `test_fg_names.txt` in the folder, or else of their sorted names.

    Args:
        folder: Has `merged_test`, `mask_test` (one alpha for each foreground) and perhaps
            `trimap_test` (one trimap for each composite).

    Returns:
        Scenes in order of foreground and number.

    Raises:
        ValueError: A folder is missing, or a name fits neither scheme.
    """
    layout = Layout(folder, "test")
    composites, alphas = files_by_stem(layout.composites), files_by_stem(layout.alphas)
    trimaps = files_by_stem(layout.trimaps) if layout.trimaps.is_dir() else None
    order = layout.foreground_names() or list(alphas)
    try:
        foregrounds = foregrounds_of(composites, alphas, order)
    except ValueError as error:
        raise ValueError(f"{layout.composites}: {error}") from error
    return [
        Scene(
            name=name,
            image=composites[name],
            trimap=None if trimaps is None else partner(trimaps, layout.trimaps, name),
            alpha=partner(alphas, layout.alphas, foreground),
        )
        for name, foreground in foregrounds.items()
    ]


def comparability(policy: str, scenes: int) -> str:
    """Says whether numbers compare with those in the literature.

    Args:
        policy: Where the trimaps came from, a key of `TRIMAP_POLICIES`.
        scenes: Number of composites that were scored.

    Returns:
        One sentence.

    Example:
        >>> comparability("band", 1000).split(":")[0]
        "NOT comparable with the literature's numbers"
    """
    no = "NOT comparable with the literature's numbers"
    if policy != "supplied":
        return f"{no}: the trimaps were {TRIMAP_POLICIES[policy]}, and not the official ones."
    if scenes != SCENES:
        return f"{no}: {scenes} composites were scored, and not the official {SCENES}."
    return (
        "Comparable with the literature's numbers if composites and trimaps are Adobe's official "
        "ones, which this run cannot know."
    )
