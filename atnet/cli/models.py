"""`atnet models`, `atnet export`, `atnet import-original`."""

import json
import os
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer
from rich.table import Table

from atnet.cli.common import Json, NoClobber, app, report, results, working
from atnet.matting import presets


@app.command()
def models(
    name: Annotated[
        str | None,
        typer.Argument(help="Print this model's card, or what a file or a run says of itself."),
    ] = None,
    as_json: Json = False,
) -> None:
    """Lists the shipped models, prints the card of one, or tells how one of yours was trained.

    Example: `atnet models runs/joint`
    """
    if name is not None and name not in presets.PRESETS and _is_file(name):
        from atnet.matting.about import read_about

        results.print_json(json.dumps(read_about(name)))
        return
    if name is not None:
        preset = presets.find(name)
        if as_json:
            report({**asdict(preset), "card": preset.card}, as_json)
        else:
            from rich.markdown import Markdown

            results.print(Markdown(preset.card))
        return
    if as_json:
        shipped = [asdict(preset) for preset in presets.PRESETS.values()]
        report(shipped, as_json)
        return
    table = Table("model", "parameters", "MB", "summary")
    for preset in presets.PRESETS.values():
        table.add_row(preset.name, f"{preset.parameters:,}", str(preset.megabytes), preset.summary)
    results.print(table)


def _is_file(name: str) -> bool:
    return Path(name).is_dir() or Path(name).suffix in (presets.EXPORTED, *presets.TRAINED)


@app.command()
def export(
    weights: Annotated[Path, typer.Argument(help="Weights, .npz, or a whole network, .keras.")],
    output: Annotated[Path, typer.Option("--output", "-o", help="Target, .onnx.")],
    encoder: Annotated[
        str | None, typer.Option(help="Encoder of .npz weights that do not name it.")
    ] = None,
    decoder: Annotated[
        str | None, typer.Option(help="Decoder of .npz weights that do not name it.")
    ] = None,
    width: Annotated[
        str | None, typer.Option(help="Width of .npz weights that do not name it: full, half.")
    ] = None,
    fusion: Annotated[
        str | None,
        typer.Option(help="Fusion of .npz weights that do not name it: add, winner, released."),
    ] = None,
    float32: Annotated[bool, typer.Option("--float32", help="Store float32, twice the size.")] = (
        False
    ),
    no_clobber: NoClobber = False,
    as_json: Json = False,
) -> None:
    """Exports a network to ONNX, for `--preset FILE` and other runtimes.

    Example: `atnet export runs/joint/best.npz -o mine.onnx`
    """
    from atnet.files.targets import check_absent

    if no_clobber:
        check_absent([output])
    os.environ["KERAS_BACKEND"] = "torch"
    try:
        from atnet.matting.about import TRAINING, read_about
        from atnet.models.export import export_onnx
        from atnet.models.loading import load_network
    except ImportError as error:
        raise ImportError(f"{error.name} is missing; pip install 'atnet[export]'") from error

    network = load_network(weights, encoder=encoder, decoder=decoder, width=width, fusion=fusion)
    training = read_about(weights).get(TRAINING)
    with working(f"Exporting {weights}"):
        export_onnx(network, output, half_storage=not float32, training=training)
    report({"model": str(output)}, as_json)


@app.command()
def import_original(
    file: Annotated[Path, typer.Argument(help="Weights of the original's code, .hdf5.")],
    output: Annotated[Path, typer.Option("--output", "-o", help="Target, .npz.")],
    no_clobber: NoClobber = False,
    as_json: Json = False,
) -> None:
    """Reads weights that the original ATNet's code left, for `--preset` and `atnet export`.

    The file tells which of the three encoders it has, and whether refinement.

    Example: `atnet import-original ATNet-0.0451.hdf5 -o original.npz`
    """
    from atnet.files.targets import check_absent, check_targets

    if no_clobber:
        check_absent([output])
    check_targets({"weights": output}, {"file": file})
    try:
        from atnet.models.released import import_released
    except ImportError as error:
        raise ImportError(f"{error.name} is missing; pip install 'atnet[train]'") from error

    with working(f"Importing {file}"):
        network = import_released(file, output)
    summary = {"encoder": network.encoder, "refinement": network.refinement}
    report({"weights": str(output), **summary}, as_json)
