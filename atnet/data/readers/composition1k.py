"""Composition-1k's test set once it is composed.

Xu, Price, Cohen, Huang, "Deep Image Matting", CVPR 2017.
"""

import re
from pathlib import Path

from atnet.data.layout import foreground_names
from atnet.data.scenes import TRIMAP_POLICIES, Scene, files_by_stem, partner

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
    merged = files_by_stem(folder / "merged_test")
    masks = files_by_stem(folder / "mask_test")
    drawn = folder / "trimap_test"
    trimaps = files_by_stem(drawn) if drawn.is_dir() else None
    foregrounds = _foregrounds(folder, sorted(merged, key=_sorting), masks)
    return [
        Scene(
            name=stem,
            image=merged[stem],
            trimap=None if trimaps is None else partner(trimaps, drawn, stem),
            alpha=partner(masks, folder / "mask_test", foreground),
        )
        for stem, foreground in foregrounds.items()
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


def _foregrounds(folder: Path, merged: list[str], masks: dict[str, Path]) -> dict[str, str]:
    """Tells for each composite which foreground it shows."""
    parts = {stem: re.fullmatch(r"(.+)_(\d+)", stem) for stem in merged}
    named = {stem: match[1] for stem, match in parts.items() if match}
    if any(foreground in masks for foreground in named.values()):
        return {stem: named.get(stem, stem) for stem in merged}
    names = foreground_names(folder, "test") or list(masks)
    numbered = {stem: int(text) for stem, text in named.items() if text.isdecimal()}
    wrong = [stem for stem in merged if numbered.get(stem, len(names)) >= len(names)]
    if wrong:
        raise ValueError(
            f"{folder / 'merged_test'}: {wrong[0]} names no foreground in mask_test, and is not "
            f"<i>_<j> with i below {len(names)}; {len(wrong)} such names"
        )
    return {stem: names[number] for stem, number in numbered.items()}


def _sorting(stem: str) -> tuple[str | int, ...]:
    """Numbers count as numbers: 2 before 10."""
    return tuple(int(part) if part.isdecimal() else part for part in re.split(r"(\d+)", stem))
