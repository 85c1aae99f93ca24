"""`atnet matte`, `atnet trimap`, `atnet demo`."""

from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from atnet.choices import Reading
from atnet.cli.common import (
    Bits,
    Engine,
    Json,
    MaxMemory,
    NoClobber,
    PresetName,
    QualityName,
    Refine,
    ResizeTrimap,
    Threads,
    app,
    report,
    source,
    target,
    working,
)
from atnet.cli.hints import (
    Auto,
    Band,
    Box,
    FromAlpha,
    Mask,
    MaskModel,
    MaskPreset,
    MaskSettings,
    Scribbles,
    Trimap,
    hint_from,
)
from atnet.matting.presets import DEFAULT_PRESET

if TYPE_CHECKING:
    from atnet.jobs.photo import Done

Images = Annotated[
    list[str], typer.Argument(metavar="IMAGE", help="Photograph; - reads standard input.")
]
DrawnOn = Annotated[
    Reading | None,
    typer.Option(
        "--trimap-orientation",
        help="Whether trimap or mask lie on a turned photograph as shown or as stored. Default: "
        "found out.",
    ),
]
Crop = Annotated[
    str | None, typer.Option(help="Leave only the object and a margin: 20 (pixels) or 5%.")
]
Premultiplied = Annotated[
    bool | None,
    typer.Option(
        "--premultiplied/--straight",
        help="Multiply the cutout's colours by alpha. Default: only in .exr.",
    ),
]
KeepExif = Annotated[
    bool, typer.Option("--keep-exif", help="Write the photograph's EXIF: who, when, where.")
]
KeepProfile = Annotated[
    bool, typer.Option("--keep-profile", help="Stay in the photograph's colours, not in sRGB.")
]


@app.command()
def matte(
    images: Images,
    trimap: Trimap = None,
    mask: Mask = None,
    from_alpha: FromAlpha = None,
    box: Box = None,
    scribbles: Scribbles = None,
    mask_model: MaskModel = None,
    mask_preset: MaskPreset = None,
    mask_settings: MaskSettings = "",
    auto: Auto = False,
    band: Band = None,
    alpha: Annotated[str | None, typer.Option(help="Write alpha (grey).")] = None,
    cutout: Annotated[str | None, typer.Option(help="Write the cutout (RGBA).")] = None,
    foreground: Annotated[str | None, typer.Option(help="Write foreground colours (RGB).")] = None,
    composite: Annotated[str | None, typer.Option(help="Write it over --background.")] = None,
    sheet: Annotated[str | None, typer.Option(help="Write all of it side by side.")] = None,
    background: Annotated[
        str, typer.Option(help="Picture, a colour such as white or #00ff00, blur, or blur:20.")
    ] = "white",
    bits: Bits = None,
    crop: Crop = None,
    premultiplied: Premultiplied = None,
    keep_exif: KeepExif = False,
    keep_profile: KeepProfile = False,
    trimap_orientation: DrawnOn = None,
    resize_trimap: ResizeTrimap = False,
    no_clobber: NoClobber = False,
    preset: PresetName = DEFAULT_PRESET,
    quality: QualityName = "standard",
    refine: Refine = None,
    max_memory: MaxMemory = None,
    threads: Threads = None,
    engine: Engine = None,
    as_json: Json = False,
) -> None:
    """Mattes one image.

    Without any output option, writes `NAME.cutout.png` beside the image. `-` as a name reads from
    standard input or writes PNG to standard output.

    Example: `atnet matte photo.jpg --trimap trimap.png --cutout cutout.png --alpha alpha.png`
    """
    from atnet.jobs.background import parse_background
    from atnet.jobs.outputs import Finish, Outputs, parse_margin
    from atnet.jobs.photo import Job, matte_photo
    from atnet.matting.predictor import Matting

    image = _only(images)
    named = {
        "alpha": alpha,
        "foreground": foreground,
        "cutout": cutout,
        "composite": composite,
        "sheet": sheet,
    }
    outputs = {kind: name for kind, name in named.items() if name is not None}
    outputs = outputs or {"cutout": _cutout_beside(image)}
    _one_stream(image, trimap, mask, from_alpha, scribbles, what="standard input")
    _one_stream(*outputs.values(), what="standard output")
    if as_json and "-" in outputs.values():
        raise typer.BadParameter("--json and an output of - both want standard output")
    job = Job(
        image=source(image),
        hint=hint_from(
            band,
            mask_preset,
            mask_settings,
            resize=resize_trimap,
            trimap=trimap,
            mask=mask,
            from_alpha=from_alpha,
            box=box,
            scribbles=scribbles,
            mask_model=mask_model,
            auto=auto,
        ),
        outputs=Outputs(**{kind: target(name) for kind, name in outputs.items()}),
        background=parse_background(background),
        bits=bits,
        finish=Finish(
            premultiplied=premultiplied,
            crop=None if crop is None else parse_margin(crop),
            keep_exif=keep_exif,
            keep_profile=keep_profile,
        ),
        trimap_orientation=trimap_orientation,
        overwrite=not no_clobber,
    )
    with working(f"Matting {image}"):
        matting = Matting(
            preset,
            threads=threads,
            max_memory=max_memory,
            quality=quality,
            refine=refine,
            engine=engine,
        )
        done = matte_photo(job, matting)
    report({**outputs, **_told(done)}, as_json, silent="-" in outputs.values())


@app.command(name="trimap")
def make_trimap(
    images: Images,
    output: Annotated[str, typer.Option("--output", "-o", help="Target; - writes PNG.")],
    mask: Mask = None,
    from_alpha: FromAlpha = None,
    box: Box = None,
    scribbles: Scribbles = None,
    mask_model: MaskModel = None,
    mask_preset: MaskPreset = None,
    mask_settings: MaskSettings = "",
    auto: Auto = False,
    band: Band = None,
    trimap_orientation: DrawnOn = None,
    no_clobber: NoClobber = False,
    as_json: Json = False,
) -> None:
    """Makes a trimap: from a mask, an alpha, a box, strokes, a network of yours or nothing.

    Example: `atnet trimap photo.jpg --mask mask.png --band detail -o trimap.png`
    """
    from atnet.jobs.photo import write_trimap

    image = _only(images)
    _one_stream(image, mask, from_alpha, scribbles, what="standard input")
    if as_json and output == "-":
        raise typer.BadParameter("--json and an output of - both want standard output")
    hint = hint_from(
        band,
        mask_preset,
        mask_settings,
        mask=mask,
        from_alpha=from_alpha,
        box=box,
        scribbles=scribbles,
        mask_model=mask_model,
        auto=auto,
    )
    write_trimap(source(image), hint, target(output), trimap_orientation, overwrite=not no_clobber)
    report({"trimap": output}, as_json, silent=output == "-")


@app.command()
def demo(
    out: Annotated[Path, typer.Option(help="Folder for the results.")] = Path("atnet-demo"),
    preset: PresetName = DEFAULT_PRESET,
    quality: QualityName = "standard",
    no_clobber: NoClobber = False,
    as_json: Json = False,
) -> None:
    """Mattes a photograph that comes with the package.

    Writes alpha, foreground, cutout, composite and a side-by-side sheet.

    Example: `atnet demo --out demo`
    """
    from atnet.jobs.photo import demo_job, matte_photo
    from atnet.matting.predictor import Matting

    out.mkdir(parents=True, exist_ok=True)
    job = demo_job(out, overwrite=not no_clobber)
    with working("Matting the bundled photograph"):
        done = matte_photo(job, Matting(preset, quality=quality))
    outputs = {kind: str(target) for kind, target in job.outputs.wanted().items()}
    report({**outputs, **_told(done)}, as_json)


def _told(done: "Done") -> dict[str, Any]:
    return {name: value for name, value in asdict(done).items() if value is not None}


def _only(images: list[str]) -> str:
    if len(images) > 1:
        raise typer.BadParameter(
            f"{len(images)} images are given, one is allowed; many: atnet batch FOLDER --out DIR"
        )
    return images[0]


def _cutout_beside(image: str) -> str:
    return "-" if image == "-" else str(Path(image).with_suffix(".cutout.png"))


def _one_stream(*names: str | None, what: str) -> None:
    if names.count("-") > 1:
        raise typer.BadParameter(f"only one file can be -, {what}")
