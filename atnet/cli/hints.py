"""The options that say where the subject is, shared by all commands that need a trimap."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from atnet.cli.common import source

if TYPE_CHECKING:
    from atnet.subjects.hints import Hint


def _option(text: str, metavar: str | None = "FILE", *names: str) -> Any:
    panel = "Where the subject is"
    return typer.Option(*names, help=text, metavar=metavar, rich_help_panel=panel)


Trimap = Annotated[str | None, _option("Trimap: black background, grey unknown, white foreground.")]
Mask = Annotated[str | None, _option("Rough mask: white is the subject.")]
FromAlpha = Annotated[str | None, _option("Alpha of another program, to be redone.")]
Box = Annotated[str | None, _option("Box around the subject: x,y,width,height.", "X,Y,W,H")]
Scribbles = Annotated[
    str | None,
    _option(
        "Strokes, white on the subject and black beside it; the rest transparent, mid-grey, or the "
        "photograph."
    ),
]
MaskModel = Annotated[
    str | None, _option("Your salient-object network, .onnx; its settings lie beside it, .toml.")
]
MaskPreset = Annotated[
    str | None, _option("Settings of a well-known network: u2net, isnet, birefnet.", "NAME")
]
MaskSettings = Annotated[str, _option("Settings by hand: 'size = 512, sigmoid = true'.", "TEXT")]
Auto = Annotated[bool, _option("Find the subject; simple backgrounds only.", None, "--auto")]
Band = Annotated[
    str | None,
    _option(
        "Unknown to either side of the outline: pixels (20), share of the subject's diagonal "
        "(1.5%), by the mask's grey (soft), or wider at hair (detail, the default for masks).",
        "WIDTH",
    ),
]


def hint_from(
    band: str | None = None,
    mask_preset: str | None = None,
    mask_settings: str = "",
    *,
    resize: bool = False,
    **choices: Any,
) -> "Hint":
    """Makes the hint of the one option that was given; `choices` are all that a command has."""
    given = {kind: value for kind, value in choices.items() if value}
    if len(given) != 1:
        names = ", ".join(f"--{kind.replace('_', '-')}" for kind in choices)
        raise typer.BadParameter(f"give exactly one of {names}")
    ((kind, value),) = given.items()
    if kind == "trimap" and band:
        raise typer.BadParameter("--band does nothing to a trimap; leave it away")
    if kind != "trimap" and resize:
        raise typer.BadParameter("--resize-trimap needs --trimap")
    if kind != "mask_model" and (mask_preset or mask_settings):
        raise typer.BadParameter("--mask-preset and --mask-settings need --mask-model")
    if kind == "trimap":
        return _drawn(value, resize)
    return _hint(kind, value, band, mask_preset, mask_settings)


def _hint(
    kind: str, value: str, band: str | None, mask_preset: str | None, mask_settings: str
) -> "Hint":
    from atnet.subjects import hints
    from atnet.subjects.mask_settings import read_settings

    width = {"band": hints.parse_band(band)} if band else {}
    if kind == "box":
        try:
            return hints.Box(*hints.parse_box(value), **width)
        except ValueError as error:
            raise typer.BadParameter(f"--{error}") from error
    if kind == "auto":
        return hints.NoHint(**width)
    if kind == "mask_model":
        settings = read_settings(Path(value), mask_preset, mask_settings)
        return hints.SalientObject(Path(value), settings, **width)
    kinds = {"mask": hints.RoughMask, "from_alpha": hints.KnownAlpha, "scribbles": hints.Scribbles}
    return kinds[kind](source(value), **width)


def _drawn(value: str, resize: bool) -> "Hint":
    from atnet.subjects.hints import DrawnTrimap

    return DrawnTrimap(source(value), resize)
