"""A journal: one JSON line for each piece of work that is done, so that a stopped run goes on."""

import json
import os
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from atnet.files.atomic import write_bytes
from atnet.files.storage import Location, StoragePath

Entry = dict[str, Any]
"""What a line holds; JSON's types."""
SAVED_EACH = 60.0
"""Seconds after which a journal in a storage, where nothing can be added to an object, is put."""


def read_journal(path: Location) -> list[Entry]:
    """Reads the entries; a last line that was cut off while it was written is left out.

    Args:
        path: JSON lines, may be missing.

    Returns:
        The entries, in the order in which they were added.

    Raises:
        ValueError: Another line is no JSON object.
    """
    lines = path.read_bytes().splitlines() if path.is_file() else []
    entries = []
    for number, line in enumerate(lines, 1):
        try:
            entry = json.loads(line)
            if not isinstance(entry, dict):
                raise ValueError(line)  # noqa: TRY004, TRY301  (handled below like any other)
            entries.append(entry)
        except ValueError as error:
            if number < len(lines):
                raise ValueError(
                    f"{path}: line {number} is no entry of a journal; remove the file"
                ) from error
    return entries


def resume(path: Location, still_holds: Callable[[Entry], bool], *, wanted: bool) -> list[Entry]:
    """Prepares a journal for a run: what still holds is kept, all else leaves the file.

    Args:
        path: JSON lines in an existing folder, may be missing.
        still_holds: Tells whether the work of an entry need not be done again.
        wanted: Whether the user asked to continue; if not, a journal with entries is refused.

    Returns:
        The entries that were kept.

    Raises:
        OSError: The file cannot be written.
        ValueError: It has entries and `wanted` is false, or it is no journal.
    """
    entries = read_journal(path)
    if entries and not wanted:
        raise ValueError(f"{path}: has {len(entries)} rows; continue with --resume, or remove it")
    kept = [entry for entry in entries if still_holds(entry)]
    content = b"".join(map(_line, kept))
    if isinstance(path, StoragePath):
        path.write_bytes(content)
    else:
        write_bytes(path, content)
    return kept


@contextmanager
def appending(path: Location) -> Iterator[Callable[[Entry], None]]:
    """Opens a journal to add to; an entry is on disk when the call returns.

    In a storage it is there a minute later at most, if others are added, and at the end.

    Args:
        path: JSON lines that end with a whole line, as `resume` leaves them.

    Yields:
        What adds an entry.
    """
    with _putting(path) if isinstance(path, StoragePath) else _adding(path) as append:
        yield append


@contextmanager
def _adding(path: Path) -> Iterator[Callable[[Entry], None]]:
    with path.open("ab") as file:

        def append(entry: Entry) -> None:
            file.write(_line(entry))
            file.flush()
            os.fsync(file.fileno())

        yield append


@contextmanager
def _putting(path: StoragePath) -> Iterator[Callable[[Entry], None]]:
    content = bytearray(path.read_bytes())
    saved = time.monotonic()

    def append(entry: Entry) -> None:
        nonlocal saved
        content.extend(_line(entry))
        if time.monotonic() - saved > SAVED_EACH:
            path.write_bytes(bytes(content))
            saved = time.monotonic()

    try:
        yield append
    finally:
        path.write_bytes(bytes(content))


def _line(entry: Entry) -> bytes:
    return json.dumps(entry).encode() + b"\n"
