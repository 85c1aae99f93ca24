"""Any folder of images, trimaps and alphas that share their names."""

from difflib import get_close_matches
from pathlib import Path

from atnet.data.scenes import Scene
from atnet.files.listing import files_by_stem, partner

_ROLES = ("image", "trimap", "alpha")


def read_folder(folder: Path) -> list[Scene]:
    """Lists the scenes of a folder.

    Args:
        folder: Has a subfolder `image` or `images`, and may have `trimap(s)` and `alpha(s)`; files
            belong together if their names without suffix are the same.

    Returns:
        Scenes in order of name: all names that occur, so that missing partners are noticed.

    Raises:
        ValueError: There is no subfolder of images, both spellings of a subfolder, or one that is
            misspelt.
    """
    parts = {role: _subfolder(folder, role) for role in _ROLES}
    images = parts["image"]
    if images is None:
        raise ValueError(f"{folder}: has no subfolder image or images")
    files = {role: {} if part is None else files_by_stem(part) for role, part in parts.items()}
    stems = sorted({stem for found in files.values() for stem in found})
    return [
        Scene(
            name=stem,
            image=partner(files["image"], images, stem),
            **{
                role: None if part is None else partner(files[role], part, stem)
                for role, part in parts.items()
                if role != "image"
            },
        )
        for stem in stems
    ]


def _subfolder(folder: Path, role: str) -> Path | None:
    found = [path for path in (folder / role, folder / f"{role}s") if path.is_dir()]
    if len(found) > 1:
        raise ValueError(f"{folder}: has both {role} and {role}s; keep one of them")
    if not found and (close := _misspelt(folder, role)):
        raise ValueError(f"{folder}: has no subfolder {role}, but {close}; rename it to {role}")
    return found[0] if found else None


def _misspelt(folder: Path, role: str) -> str | None:
    names = [path.name for path in folder.iterdir() if path.is_dir()] if folder.is_dir() else []
    others = [name for name in names if name.removesuffix("s") not in _ROLES]
    close = get_close_matches(role, {name.lower(): name for name in others}, cutoff=0.7)
    return next((name for name in others if name.lower() in close), None)
