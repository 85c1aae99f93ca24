"""Single keys of a configuration, changed on the command line."""

import re
import tomllib
from collections.abc import Mapping, Sequence
from typing import Any

_CHANGE = re.compile(r"\s*(\w+)\.(\w+)\s*=\s*(.*?)\s*")


def apply_changes(tables: Mapping[str, Any], changes: Sequence[str]) -> dict[str, Any]:
    """Changes keys of the tables of a TOML file.

    Args:
        tables: As `tomllib` reads them; they stay as they are.
        changes: `table.key=value`, the value as in TOML, where text need not be quoted. The last
            one of a key counts.

    Returns:
        The changed tables, whose keys and values are not checked.

    Raises:
        ValueError: A change has another form.

    Example:
        >>> apply_changes({"data": {"batch": 16, "size": 384}}, ["data.batch=8", "run.folder=mine"])
        {'data': {'batch': 8, 'size': 384}, 'run': {'folder': 'mine'}}
    """
    changed = {
        name: dict(keys) if isinstance(keys, dict) else keys for name, keys in tables.items()
    }
    for change in changes:
        match = _CHANGE.fullmatch(change)
        if match is None:
            raise ValueError(f"{change!r} changes no key; expected table.key=value: data.batch=8")
        table, key, text = match.groups()
        keys = changed.setdefault(table, {})
        if isinstance(keys, dict):  # what is no table is refused with the rest of the file
            keys[key] = _value(text)
    return changed


def _value(text: str) -> Any:
    try:
        return tomllib.loads(f"value = {text}")["value"]
    except tomllib.TOMLDecodeError:  # text without the quotes that a shell would take away
        return text
