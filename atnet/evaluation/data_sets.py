"""What methods are evaluated on: scenes of a known layout, and whether their numbers compare."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from atnet.data.readers.alphamatting import read_alphamatting
from atnet.data.readers.composition1k import comparability, read_composition1k
from atnet.data.readers.folder import read_folder
from atnet.data.scenes import Scene

Layout = Literal["alphamatting", "composition1k", "folder"]
"""How a data set lies on disk."""


@dataclass(frozen=True)
class DataSet:
    """Scenes, and what is to be said of them.

    Attributes:
        title: A few words.
        scenes: With unique names.
        note: Tells readers what results mean, from the key of `TRIMAP_POLICIES` and the number of
            scenes that were scored; `""` if there is nothing to say.
        pairing: What tells which true alpha belongs to which scene; `""` where names are equal.
    """

    title: str
    scenes: Sequence[Scene]
    note: Callable[[str, int], str] = lambda _policy, _scored: ""
    pairing: str = ""

    def trimaps(self) -> str:
        """Returns a key of `TRIMAP_POLICIES`: made trimaps, unless every scene has one."""
        return "supplied" if all(scene.trimap is not None for scene in self.scenes) else "band"


def read_data_set(
    layout: Layout,
    folder: Path,
    trimap_sets: Sequence[int] = (),
    *,
    test: bool = False,
    highres: bool = False,
) -> DataSet:
    """Reads which files belong together; the three options are alphamatting's.

    Args:
        layout: How the folder is laid out.
        folder: The data set.
        trimap_sets: Of 1 narrow, 2 wide and, for test scenes, 3; by default all there are.
        test: The test scenes, which have no true alpha.
        highres: The scenes of full size.

    Returns:
        The data set, named after its folder.

    Raises:
        ValueError: A folder is missing or does not have that layout.
    """
    title = f"{folder.resolve().name} ({layout})"
    if layout == "composition1k":
        scenes, pairing = read_composition1k(folder)
        return DataSet(title, scenes, comparability, pairing)
    if layout == "folder":
        return DataSet(title, read_folder(folder))
    chosen = trimap_sets or ((1, 2, 3) if test else (1, 2))
    resolution = "highres" if highres else "lowres"
    return DataSet(title, read_alphamatting(folder, chosen, test=test, resolution=resolution))
