"""Sets a share of a training set aside for validation, where the test part is not to be used."""

import hashlib
from collections.abc import Collection

from atnet.data.layout import Part


def part_of(names: Collection[str], part: Part, share: float) -> set[str]:
    """Splits a training set by nothing but its names: any seed and any stage splits it alike.

    Args:
        names: Of all that can be trained on.
        part: `test` for what is set aside, `train` for the rest.
        share: Of the names, above 0 and below 1; one is set aside at least, and one left.

    Returns:
        The names of that part; a single one is left to training.

    Example:
        >>> names = [f"cat{number}" for number in range(10)]
        >>> sorted(part_of(names, "test", 0.2))
        ['cat1', 'cat7']
        >>> part_of(names, "train", 0.2) == set(names) - {"cat1", "cat7"}
        True
    """
    count = min(max(1, round(share * len(names))), len(names) - 1)
    ordered = sorted(names, key=_shuffled)
    return set(ordered[:count] if part == "test" else ordered[count:])


def _shuffled(name: str) -> bytes:
    return hashlib.sha256(name.encode(errors="surrogateescape")).digest()
