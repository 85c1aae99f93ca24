"""Composition-1k's layout on disk: its lists of names."""

from pathlib import Path


def list_path(folder: Path, part: str, role: str) -> Path | None:
    """Returns the list of a role, `fg` or `bg`, if there is one."""
    prefixes = ("test",) if part == "test" else ("train", "training")
    paths = (folder / f"{prefix}_{role}_names.txt" for prefix in prefixes)
    return next((path for path in paths if path.is_file()), None)


def lines_of(path: Path | None) -> list[str]:
    """Reads a list; none is an empty one."""
    lines = [] if path is None else path.read_text(encoding="utf-8").splitlines()
    return [line.strip() for line in lines if line.strip()]


def foreground_names(folder: Path, part: str) -> list[str]:
    """Names of foregrounds without suffix in the order of their list; none if there is no list."""
    lines = lines_of(list_path(folder, part, "fg"))
    return [Path(line).with_suffix("").as_posix() for line in lines]
