"""`atnet matte`, `atnet trimap`, `atnet demo`."""

from pathlib import Path
from typing import Annotated, Any

import typer

from atnet.cli.common import Json, MaxMemory, PresetName, app, messages, report
from atnet.matting.presets import DEFAULT_PRESET

Mask = Annotated[str | None, typer.Option(help="Rough mask: white is the subject.")]
Box = Annotated[str | None, typer.Option(help="Box around the subject: x,y,width,height.")]
Auto = Annotated[bool, typer.Option("--auto", help="Find the subject; simple backgrounds only.")]


@app.command()
def matte(
    image: Annotated[str, typer.Argument(help="Photograph; - reads standard input.")],
    trimap: Annotated[
        str | None,
        typer.Option(help="Trimap: black background, grey unknown, white foreground."),
    ] = None,
    mask: Mask = None,
    box: Box = None,
    auto: Auto = False,
    alpha: Annotated[str | None, typer.Option(help="Write alpha (grey).")] = None,
    cutout: Annotated[str | None, typer.Option(help="Write the cutout (RGBA).")] = None,
    foreground: Annotated[str | None, typer.Option(help="Write foreground colours (RGB).")] = None,
    composite: Annotated[str | None, typer.Option(help="Write it over --background.")] = None,
    background: Annotated[
        str, typer.Option(help="Picture, or a colour such as white or #00ff00.")
    ] = "white",
    bits: Annotated[int, typer.Option(help="8, or 16 for .png and .tif.")] = 8,
    preset: PresetName = DEFAULT_PRESET,
    max_memory: MaxMemory = None,
    as_json: Json = False,
) -> None:
    """Mattes one image.

    Without any output option, writes `NAME.cutout.png` beside the image. `-` as a name reads from
    standard input or writes PNG to standard output.

    Example: `atnet matte photo.jpg --trimap trimap.png --cutout cutout.png --alpha alpha.png`
    """
    from atnet.jobs import photo

    outputs = {
        kind: target
        for kind, target in {
            "alpha": alpha,
            "cutout": cutout,
            "foreground": foreground,
            "composite": composite,
        }.items()
        if target is not None
    }
    outputs = outputs or {"cutout": _cutout_beside(image)}
    _one_stream(image, trimap, mask, what="standard input")
    _one_stream(*outputs.values(), what="standard output")
    if as_json and "-" in outputs.values():
        raise typer.BadParameter("--json and an output of - both want standard output")
    source = _trimap_source(trimap=trimap, mask=mask, box=box, auto=auto)
    with messages.status(f"Matting {image}"):
        summary = photo.matte_file(
            image, source, outputs, background=background, bits=bits,
            preset=preset, max_memory=max_memory,
        )  # fmt: skip
    report(summary, as_json, silent="-" in outputs.values())


@app.command(name="trimap")
def make_trimap(
    image: Annotated[str, typer.Argument(help="Photograph; - reads standard input.")],
    output: Annotated[str, typer.Option("--output", "-o", help="Target; - writes PNG.")],
    mask: Mask = None,
    box: Box = None,
    auto: Auto = False,
) -> None:
    """Makes a trimap from a mask, a box or the picture alone.

    Example: `atnet trimap photo.jpg --box 120,40,300,420 -o trimap.png`
    """
    from atnet.jobs import photo

    _one_stream(image, mask, what="standard input")
    source = _trimap_source(trimap=None, mask=mask, box=box, auto=auto)
    photo.write_trimap(image, source, output)
    report({"trimap": output}, as_json=False, silent=output == "-")


@app.command()
def demo(
    out: Annotated[Path, typer.Option(help="Folder for the results.")] = Path("atnet-demo"),
    preset: PresetName = DEFAULT_PRESET,
    as_json: Json = False,
) -> None:
    """Mattes a photograph that comes with the package.

    Writes alpha, cutout, composite and a side-by-side sheet.

    Example: `atnet demo --out demo`
    """
    from atnet.jobs import photo

    with messages.status("Matting the bundled photograph"):
        summary = photo.run_demo(out, preset)
    report(summary, as_json)


def _cutout_beside(image: str) -> str:
    return "-" if image == "-" else str(Path(image).with_suffix(".cutout.png"))


def _one_stream(*names: str | None, what: str) -> None:
    if names.count("-") > 1:
        raise typer.BadParameter(f"only one file can be -, {what}")


def _trimap_source(**choices: Any) -> tuple[str, Any]:
    """The one way that was chosen to say where the subject is, as (kind, value)."""
    given = {kind: value for kind, value in choices.items() if value}
    if len(given) != 1:
        names = ", ".join(f"--{kind}" for kind in choices)
        raise typer.BadParameter(f"give exactly one of {names}")
    (source,) = given.items()
    return source if source[0] != "box" else ("box", _parse_box(source[1]))


def _parse_box(text: str) -> tuple[int, ...]:
    try:
        box = tuple(int(number) for number in text.split(","))
    except ValueError:
        box = ()
    if len(box) != 4:
        raise typer.BadParameter(f"--box is {text!r}; give x,y,width,height in pixels")
    return box
