"""What a salient-object network wants of its pictures and says by its output: presets, TOML."""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

MAX_SIDE = 8192
"""Pixels."""
_IMAGENET = {"mean": (0.485, 0.456, 0.406), "std": (0.229, 0.224, 0.225)}


@dataclass(frozen=True)
class MaskSettings:
    """How a network is fed and read; the input is `(image / brightest - mean) / std`.

    Attributes:
        size: Height and width that it sees, where the file leaves them open.
        mean: Of red, green and blue, in [0, 1].
        std: What is divided by, likewise.
        by_maximum: Whether `brightest` is the picture's own brightest value instead of 1.
        output: Name of the output; `None` takes the first.
        sigmoid: Whether it gives logits.
        stretch: Whether its least and greatest value become 0 and 1.
    """

    size: tuple[int, int] | None = None
    mean: tuple[float, float, float] = (0.0, 0.0, 0.0)
    std: tuple[float, float, float] = (1.0, 1.0, 1.0)
    by_maximum: bool = False
    output: str | None = None
    sigmoid: bool = False
    stretch: bool = False


MASK_PRESETS: dict[str, dict[str, Any]] = {
    "u2net": {"size": 320, **_IMAGENET, "by_maximum": True, "stretch": True},
    "isnet": {"size": 1024, "mean": (0.5, 0.5, 0.5), "stretch": True},
    "birefnet": {"size": 1024, **_IMAGENET, "sigmoid": True},
}
"""Settings of networks that many people have, as their authors' own programs feed them."""


def read_settings(model: Path, preset: str | None = None, text: str = "") -> MaskSettings:
    """Finds out what a network wants: a preset, what the TOML beside it says, what is said here.

    Later ones overrule earlier ones. The TOML of `net.onnx` is `net.toml`; `preset` in it names
    what it builds on.

    Args:
        model: The ONNX file.
        preset: Name in `MASK_PRESETS`; goes before the one that the TOML names.
        text: Settings as in the TOML, with commas between them.

    Returns:
        The settings.

    Raises:
        OSError: The TOML cannot be read.
        ValueError: It is none, a setting is unknown or wrong, or nothing says what is wanted.

    Example:
        >>> read_settings(Path("net.onnx"), "isnet", "sigmoid = true, stretch = false").sigmoid
        True
    """
    beside = model.with_suffix(".toml")
    said = _parse(beside.read_bytes(), str(beside)) if beside.is_file() else {}
    told = _parse(f"told = {{{text}}}".encode(), "mask settings")["told"]
    name = preset or told.pop("preset", None) or said.get("preset")
    said.pop("preset", None)
    if name is not None and name not in MASK_PRESETS:
        raise ValueError(f"mask preset is {name!r}; allowed are {', '.join(MASK_PRESETS)}")
    if not (name or said or told):
        raise ValueError(
            f"{model}: nothing says how its pictures must be; name a preset "
            f"({', '.join(MASK_PRESETS)}), write {beside.name} beside it, or give settings"
        )
    return _settings({**MASK_PRESETS.get(name or "", {}), **said, **told})


def _parse(content: bytes, where: str) -> dict[str, Any]:
    try:
        return tomllib.loads(content.decode())
    except ValueError as error:  # of tomllib, or of what is no UTF-8
        raise ValueError(f"{where}: is no TOML ({error})") from error


def _settings(said: Mapping[str, Any]) -> MaskSettings:
    allowed = {field.name for field in fields(MaskSettings)}
    unknown = sorted(set(said) - allowed)
    if unknown:
        raise ValueError(
            f"mask settings: {', '.join(unknown)} is unknown; allowed are preset, "
            f"{', '.join(sorted(allowed))}"
        )
    return MaskSettings(**{name: _READ[name](name, value) for name, value in said.items()})


def _wrong(name: str, value: object, wanted: str) -> ValueError:
    return ValueError(f"mask settings: {name} is {value!r}; it must be {wanted}")


def _size(name: str, value: Any) -> tuple[int, int]:
    sides = value if isinstance(value, list) else [value, value]
    if len(sides) == 2 and all(type(side) is int and 1 <= side <= MAX_SIDE for side in sides):
        return sides[0], sides[1]
    raise _wrong(name, value, f"a number of pixels, or [height, width], up to {MAX_SIDE}")


def _colour(name: str, value: Any) -> tuple[float, float, float]:
    least = -1e6 if name == "mean" else 1e-6
    if (
        isinstance(value, list | tuple)
        and len(value) == 3
        and all(type(number) in {int, float} and least <= number <= 1e6 for number in value)
    ):
        return float(value[0]), float(value[1]), float(value[2])
    raise _wrong(name, value, "[red, green, blue], and std above 0")


def _flag(name: str, value: Any) -> bool:
    if not isinstance(value, bool):
        raise _wrong(name, value, "true or false")
    return value


def _name(name: str, value: Any) -> str:
    if not isinstance(value, str) or not value:
        raise _wrong(name, value, "the name of an output, in quotes")
    return value


_READ = {
    "size": _size, "mean": _colour, "std": _colour, "by_maximum": _flag, "output": _name,
    "sigmoid": _flag, "stretch": _flag,
}  # fmt: skip
