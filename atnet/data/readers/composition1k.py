"""Composition-1k's test set once it is composed.

Xu, Price, Cohen, Huang, "Deep Image Matting", CVPR 2017.
"""

from pathlib import Path
from typing import NamedTuple

from atnet.data.layout import Layout, are_numbered, official_name
from atnet.data.pairing import pair_composites
from atnet.data.scenes import TRIMAP_POLICIES, Scene
from atnet.files.listing import files_by_stem, partner

SCENES = 1000
"""Number of composites in the official test set."""


class Composites(NamedTuple):
    """A test set.

    Attributes:
        scenes: Its composites.
        pairing: What tells which foreground, and so which alpha, each of them shows.
    """

    scenes: list[Scene]
    pairing: str


def read_composition1k(folder: Path) -> Composites:
    """Lists the composites of a finished test set.

    Composites are named `<foreground>_<k>` as the official ones are, or `<i>_<j>` as the original's
    are; `pair_composites` says what i counts.

    Args:
        folder: Has `merged_test`, `mask_test` (one alpha for each foreground) and perhaps
            `trimap_test` (one trimap for each composite, of its name; to the original's names
            official ones belong, too).

    Returns:
        Scenes in order of foreground and number, and what tells their foregrounds.

    Raises:
        ValueError: A folder is missing, there are no composites, or it cannot be told what they
            show.
    """
    layout = Layout(folder, "test")
    for needed in (layout.composites, layout.alphas) if folder.is_dir() else ():
        if not needed.is_dir():
            raise ValueError(f"{needed}: is not a folder; {_advice(layout)}")
    composites, alphas = files_by_stem(layout.composites), files_by_stem(layout.alphas)
    if not composites:
        raise ValueError(f"{layout.composites}: has no images; {_advice(layout)}")
    trimaps = files_by_stem(layout.trimaps) if layout.trimaps.is_dir() else None
    foregrounds, pairing = pair_composites(layout, composites, alphas)
    named = {name: name for name in foregrounds}
    if trimaps and trimaps.keys().isdisjoint(named) and are_numbered(composites, alphas):
        named = {name: official_name(name, shown) for name, shown in foregrounds.items()}
        pairing = f"{pairing}; trimaps have official names"
    scenes = [
        Scene(
            name=name,
            image=composites[name],
            trimap=partner(trimaps, layout.trimaps, named[name]) if trimaps else None,
            alpha=partner(alphas, layout.alphas, foreground),
        )
        for name, foreground in foregrounds.items()
    ]
    return Composites(scenes, pairing)


def _advice(layout: Layout) -> str:
    if layout.foregrounds.is_dir() and layout.alphas.is_dir():
        return f"`atnet compose --data {layout.folder}` makes composites"
    return "a test set has composites in merged_test and their foregrounds' alphas in mask_test"


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
