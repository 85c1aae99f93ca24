"""What a result depends on, in a few letters, so that a batch knows what it need not do again."""

import contextlib
import hashlib
from collections.abc import Callable, Iterable, Mapping, Sequence

from atnet.files.storage import (
    Location,
    StoragePath,
    size_if_there,
    version_of,
    versions_of,
)
from atnet.jobs.items import Item
from atnet.jobs.photo import input_files


def fingerprints(items: Sequence[Item], options: str, folders: Iterable[Location]) -> list[str]:
    """Tells unchanged photographs by their jobs and by sizes and times of what they read.

    Args:
        items: Photographs.
        options: What all of them depend on.
        folders: Where most of their inputs lie: a storage is asked once for a folder, and for all
            that is elsewhere many at once.

    Returns:
        One for each.

    Raises:
        OSError: A storage does not answer.
    """
    stored: dict[StoragePath, str] = {}
    for folder in folders:
        if isinstance(folder, StoragePath):
            stored |= {path: version for path, (_, version) in folder.objects().items()}
    read = {path for item in items for path in input_files(item.job).values()}
    elsewhere = {path for path in read if isinstance(path, StoragePath) and path not in stored}
    stored |= versions_of(elsewhere)
    return [_fingerprint(item, options, stored) for item in items]


def sizes_below(folder: Location) -> Callable[[str], int | None]:
    """Returns what tells the bytes of a file by its name in a folder; None if there is none.

    Args:
        folder: A storage is asked once for all that it has there.
    """
    if not isinstance(folder, StoragePath):
        return lambda name: size_if_there(folder / name)
    found = folder.objects().items()
    return {str(path.relative_to(folder)): size for path, (size, _) in found}.get


def _fingerprint(item: Item, options: str, stored: Mapping[StoragePath, str]) -> str:
    parts = [options, repr(item.job)]
    for role, path in input_files(item.job).items():
        with contextlib.suppress(OSError, KeyError):
            version = stored[path] if isinstance(path, StoragePath) else version_of(path)
            parts.append(f"{role} {version}")
    content = "\n".join(parts).encode(errors="surrogateescape")  # file names may be any bytes
    return hashlib.sha256(content).hexdigest()[:16]
