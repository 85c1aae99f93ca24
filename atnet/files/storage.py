"""Where files lie: on this machine, or in a storage that fsspec reaches, such as `s3://`.

The one place that loads fsspec. Whole objects are read and written, which is what storages do well.
"""

import contextlib
import re
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from pathlib import Path, PurePosixPath
from typing import Any

from atnet.files.problems import one_line

_URL = re.compile(r"([a-z][a-z0-9+.-]+)://(.*)", re.DOTALL)
_VERSIONS = ("ETag", "etag", "md5Hash", "mtime", "LastModified", "last_modified", "created")
"""What storages call that which changes with an object's content, the surest first."""
_AT_ONCE = 32
"""Objects that are asked after at the same time: each answer is mostly waited for."""


class StoragePath(PurePosixPath):
    """An object of a storage, or all that have its name for a folder.

    Example:
        >>> path = StoragePath("s3://photos/a/x.jpg")
        >>> str(path.with_suffix(".png")), str(path.parent / "y.jpg"), path.relative_to(path.parent)
        ('s3://photos/a/x.png', 's3://photos/a/y.jpg', PurePosixPath('x.jpg'))
    """

    __slots__ = ()

    def __str__(self) -> str:
        return f"{''.join(self.parts[:1])}//{'/'.join(self.parts[1:])}"

    def relative_to(self, *other: Any) -> PurePosixPath:
        """Returns the rest of the name, which is no object's."""
        return PurePosixPath(*super().relative_to(*other).parts)

    def absolute(self) -> "StoragePath":
        """Returns itself: there is no working folder to be relative to."""
        return self

    def resolve(self) -> "StoragePath":
        """Returns itself: there are no links."""
        return self

    def is_dir(self) -> bool:
        """Tells whether there are objects below it."""
        with self._named("read") as (storage, name):
            return storage.isdir(name)

    def is_file(self) -> bool:
        """Tells whether there is this object."""
        with self._named("read") as (storage, name):
            return storage.isfile(name)

    def size(self) -> int:
        """Asks for the object's bytes; raises `OSError` if there is none, or it is not told."""
        size = self._info()["size"]
        if size is None:  # by some web servers: there may be no end to it
            raise OSError(f"{self}: cannot be read: its storage does not tell its size")
        return size

    def version(self) -> str:
        """Asks for what changes whenever the object does; raises `OSError` if there is none."""
        return _version(self._info())

    def read_bytes(self) -> bytes:
        """Reads all of the object; raises `OSError` on any failure."""
        with self._named("read") as (storage, name):
            return storage.cat_file(name)

    def write_bytes(self, content: bytes) -> None:
        """Puts the object, which is there as a whole or not; raises `OSError` on any failure."""
        with self._named("written") as (storage, name):
            storage.pipe_file(name, content)

    def objects(self) -> dict["StoragePath", tuple[int, str]]:
        """Lists all below it, a thousand a request, by name: bytes, and what changes with them.

        Raises:
            OSError: It cannot be listed.
            ValueError: A name is none of a file, such as `a//x.jpg` or `a/../x.jpg`.
        """
        with self._named("read") as (storage, root):
            found = storage.find(root, detail=True)
        objects = {}
        for full, info in sorted(found.items()):
            name = full.removeprefix(root).removeprefix("/")
            if not set(name.split("/")).isdisjoint({"", ".", ".."}):
                raise ValueError(f"{self}: {name!r} is no name that a file can have; rename it")
            objects[self / name] = (info["size"] or 0, _version(info))
        return objects

    def _info(self) -> dict[str, Any]:
        with self._named("read") as (storage, name):
            return storage.info(name)

    @contextlib.contextmanager
    def _named(self, done: str) -> Iterator[tuple[Any, str]]:
        """Opens the storage, and puts the object's name in front of whatever goes wrong with it."""
        try:
            import fsspec.core  # noqa: PLC0415  (an extra)
        except ImportError as error:
            raise ImportError(
                f"{self}: storages need another package: pip install 'atnet[storage]'"
            ) from error
        try:
            # Others write, too: what fsspec remembers of a folder would be wrong soon.
            yield fsspec.core.url_to_fs(str(self), use_listings_cache=False)
        except FileNotFoundError as error:
            missing = "bucket" if done == "written" else "object"
            raise FileNotFoundError(f"{self}: cannot be {done}: no such {missing}") from error
        except ImportError as error:  # the protocol's own package
            raise ImportError(f"{self}: {one_line(error)}") from error
        except ValueError as error:  # no such protocol
            raise ValueError(f"{self}: {one_line(error)}") from error
        except Exception as error:  # each storage has errors of its own
            raise OSError(f"{self}: cannot be {done}: {one_line(error)}") from error


Location = Path | StoragePath
"""A file or folder of this machine, or an object of a storage."""


def location(text: str) -> Location:
    """Reads where something lies.

    Args:
        text: A path, `file://` and a path, or the URL of a storage.

    Returns:
        The path.

    Raises:
        ValueError: It is a chain of URLs, which has no name for what is written.

    Example:
        >>> location("s3://bucket/photos")
        StoragePath('s3://bucket/photos')
    """
    if "::" in text and "://" in text:
        raise ValueError(f"{text}: chains of URLs cannot be used; give one storage's")
    url = _URL.fullmatch(text)
    if not url:
        return Path(text)
    return Path(url[2]) if url[1] in {"file", "local"} else StoragePath(text)


def version_of(path: Location) -> str:
    """Tells unchanged files by size and time of change, which is quick for any number.

    Raises:
        OSError: There is no such file.
    """
    if isinstance(path, StoragePath):
        return path.version()
    status = path.stat()
    return f"{status.st_size} {status.st_mtime_ns}"


def size_if_there(path: Location) -> int | None:
    """Returns the bytes of a file, or None if there is none."""
    try:
        return path.size() if isinstance(path, StoragePath) else path.stat().st_size
    except FileNotFoundError:
        return None


def versions_of(paths: Iterable[StoragePath]) -> dict[StoragePath, str]:
    """Asks after many objects, many at once; those that are missing are left out."""

    def ask(path: StoragePath) -> tuple[StoragePath, str] | None:
        with contextlib.suppress(FileNotFoundError):
            return path, path.version()
        return None

    with ThreadPoolExecutor(_AT_ONCE) as pool:
        return dict(filter(None, pool.map(ask, paths)))


def _version(info: dict[str, Any]) -> str:
    changed = next((info[key] for key in _VERSIONS if info.get(key)), "")
    if isinstance(changed, datetime):  # of lists and of single objects it may come in two forms
        changed = changed.timestamp()
    return f"{info['size']} {changed}"
