"""`atnet batch`."""

import re
import time
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, cast

import typer
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from atnet.choices import Place
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
    messages,
    refuse,
    report,
)
from atnet.cli.hints import Band, MaskModel, MaskPreset, MaskSettings
from atnet.matting.presets import DEFAULT_PRESET

if TYPE_CHECKING:
    from atnet.jobs.batch import Batch
    from atnet.jobs.items import Pairing

Source = Annotated[
    str, typer.Argument(metavar="IN", help="Folder, or manifest (.jsonl); or the URL of one.")
]
Out = Annotated[
    str,
    typer.Option(help="Folder of the results, or its URL, such as s3://…; subfolders as in IN."),
]
Trimaps = Annotated[
    str | None, typer.Option(help="Folder like IN. Default: x.trimap.png beside x.jpg.")
]
Masks = Annotated[str | None, typer.Option(help="Rough masks instead of trimaps, likewise.")]
ScribblesFolder = Annotated[
    str | None, typer.Option("--scribbles", help="Strokes instead of trimaps, likewise.")
]
Auto = Annotated[bool, typer.Option("--auto", help="Find the subjects; simple backgrounds only.")]
Write = Annotated[
    str, typer.Option(help="Some of alpha, foreground, cutout, composite, sheet; with commas.")
]
Workers = Annotated[
    int | None,
    typer.Option(
        min=1, help="Processes, a model in each. Default one a core, up to 4; all of a cluster."
    ),
]
On = Annotated[Place, typer.Option("--on", help="Where they run: this machine, or a Ray cluster.")]


@app.command()
def batch(
    source: Source,
    out: Out,
    trimaps: Trimaps = None,
    masks: Masks = None,
    scribbles: ScribblesFolder = None,
    mask_model: MaskModel = None,
    mask_preset: MaskPreset = None,
    mask_settings: MaskSettings = "",
    auto: Auto = False,
    band: Band = None,
    write: Write = "cutout",
    suffix: Annotated[str, typer.Option(help="Format of what is written.")] = ".png",
    background: Annotated[
        str, typer.Option(help="Picture, a colour such as white or #00ff00, blur, or blur:20.")
    ] = "white",
    bits: Bits = None,
    preset: PresetName = DEFAULT_PRESET,
    quality: QualityName = "standard",
    refine: Refine = None,
    max_memory: MaxMemory = None,
    threads: Threads = None,
    engine: Engine = None,
    workers: Workers = None,
    on: On = "local",
    shard: Annotated[str, typer.Option(help="i/n: the i-th of n parts, each its own run.")] = "1/1",
    resume: Annotated[bool, typer.Option("--resume", help="Go on with what is left.")] = False,
    watch: Annotated[bool, typer.Option("--watch", help="Wait for more, until Ctrl-C.")] = False,
    resize_trimap: ResizeTrimap = False,
    no_clobber: NoClobber = False,
    as_json: Json = False,
) -> None:
    """Mattes all images of a folder, or of a list.

    What fails is named, and the rest goes on; the exit code is 1 then. `OUT/batch.jsonl` has a line
    for each image. A line of a manifest: `{"image": "x.jpg", "trimap": "t.png"}`; or `mask`,
    `"box": [x, y, width, height]`, `"auto": true`; and names of outputs. `--threads` and
    `--max-memory` are those of each process.

    Example: `atnet batch photos --trimaps trimaps --out cutouts --resume`
    """
    from atnet.files.problems import ProblemsError
    from atnet.files.storage import location
    from atnet.jobs.background import parse_background
    from atnet.jobs.batch import Batch
    from atnet.jobs.items import Writing

    wanted = Batch(
        source=location(source),
        writing=Writing(
            location(out),
            _kinds(write),
            suffix,
            parse_background(background),
            bits,
            overwrite=not no_clobber,
        ),
        pairing=_pairing(
            source,
            {"trimap": trimaps, "mask": masks, "scribbles": scribbles},
            mask_model,
            (mask_preset, mask_settings),
            band,
            auto=auto,
            resize=resize_trimap,
        ),
        matting={
            "preset": preset,
            "quality": quality,
            "refine": refine,
            "max_memory": max_memory,
            "threads": threads,
            "engine": engine,
        },
        workers=workers,
        on=on,
        shard=_shard(shard),
        resume=resume,
        watch=watch,
    )
    try:
        _run(wanted, as_json)
    except ProblemsError as error:
        refuse(error.consequence, error.problems, as_json)


def _run(wanted: "Batch", as_json: bool) -> None:
    from atnet.jobs.batch import plan_batch, run_batch
    from atnet.jobs.workers import Stopped, stoppable

    stopped = None
    with stoppable(), _progress() as progress:
        tally = _Tally(progress)
        try:
            plan = plan_batch(wanted)
            tally.begin(None if wanted.watch else len(plan.tasks), len(plan.kept))
            run_batch(plan, tally.add)
        except Stopped as stop:
            stopped = stop
    report({**tally.counts, "seconds": tally.seconds(), "out": str(wanted.writing.folder)}, as_json)
    if stopped:
        messages.print("atnet: stopped; go on with --resume")
        raise typer.Exit(128 + stopped.signal)
    if tally.counts["failed"]:
        raise typer.Exit(1)


def _progress() -> Progress:
    return Progress(
        TextColumn("Matting"),
        BarColumn(),
        MofNCompleteColumn(),
        TextColumn("{task.fields[rate]}"),
        TimeRemainingColumn(),
        console=messages,
        transient=True,
        disable=not messages.is_terminal,
    )


class _Tally:
    """Counts what is done, shows how far it is, and names what failed.

    Attributes:
        counts: What is reported.
    """

    def __init__(self, progress: Progress) -> None:
        self.counts = {"done": 0, "failed": 0, "warnings": 0, "kept": 0}
        self._progress, self._start = progress, time.monotonic()
        self._bar = progress.add_task("", total=None, rate="")

    def begin(self, total: int | None, kept: int) -> None:
        """Takes notice of what is to be done, and of what is done already."""
        self.counts["kept"] = kept
        self._progress.update(self._bar, total=total)

    def add(self, entry: dict[str, Any]) -> None:
        """Takes notice of an item."""
        self.counts["failed" if entry["error"] else "done"] += 1
        self.counts["warnings"] += len(entry["warnings"])
        if entry["error"]:
            messages.print(f"atnet: error: {entry['image']}: {entry['error']}", markup=False)
        rate = (self.counts["done"] + self.counts["failed"]) / max(self.seconds(), 0.1)
        self._progress.update(self._bar, advance=1, rate=f"{rate:.2f}/s")

    def seconds(self) -> float:
        """Seconds since it began."""
        return round(time.monotonic() - self._start, 2)


def _kinds(text: str) -> tuple[str, ...]:
    from atnet.jobs.items import KINDS

    wanted = tuple(dict.fromkeys(part.strip() for part in text.split(",")))
    if unknown := [kind for kind in wanted if kind not in KINDS]:
        raise typer.BadParameter(
            f"--write has {', '.join(map(repr, unknown))}; allowed are {', '.join(KINDS)}"
        )
    return wanted


def _pairing(
    source: str,
    folders: Mapping[str, str | None],
    mask_model: str | None,
    settings: tuple[str | None, str],
    band: str | None,
    *,
    auto: bool,
    resize: bool,
) -> "Pairing":
    from atnet.files.storage import location
    from atnet.jobs.items import Pairing
    from atnet.jobs.manifest import is_manifest
    from atnet.subjects.hints import parse_band
    from atnet.subjects.mask_settings import read_settings

    chosen = {**folders, "network": mask_model, "auto": auto}
    given = {kind: value for kind, value in chosen.items() if value}
    _require(
        len(given) <= 1,
        "give at most one of --trimaps, --masks, --scribbles, --mask-model, --auto",
    )
    kind, value = next(iter(given.items()), ("trimap", None))
    _require(
        not (given or band or resize) or not is_manifest(location(source)),
        "--trimaps, --masks, --scribbles, --mask-model, --auto, --band and --resize-trimap are for "
        "folders; a manifest says it of each image",
    )
    _require(kind == "trimap" or not resize, "--resize-trimap is for folders with trimaps")
    _require(kind != "trimap" or not band, "--band does nothing to trimaps; leave it away")
    _require(
        kind == "network" or not any(settings),
        "--mask-preset and --mask-settings need --mask-model",
    )
    options: dict[str, Any] = {"band": parse_band(band)} if band else {}
    if kind == "network":
        model = Path(str(value)).absolute()
        options |= {"model": model, "settings": read_settings(model, *settings)}
    if resize:
        options["resize"] = True
    folder = location(value) if isinstance(value, str) and kind in folders else None
    return Pairing(cast(Any, kind), folder, options)


def _require(condition: bool, message: str) -> None:
    if not condition:
        raise typer.BadParameter(message)


def _shard(text: str) -> tuple[int, int]:
    found = re.fullmatch(r"(\d{1,9})/(\d{1,9})", text)
    index, count = (int(found[1]), int(found[2])) if found else (0, 0)
    if not 1 <= index <= count:
        raise typer.BadParameter(f"--shard is {text!r}; give i/n with i from 1 to n, such as 1/8")
    return index, count
