"""`atnet synthesize`."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.progress import Progress

from atnet.cli.common import Json, app, messages, report

if TYPE_CHECKING:
    from atnet.data.synthesis.dataset import Recipe

_PAINTED = 200
_EXAMPLE_COLUMNS = 6
_EXAMPLE_WIDTH = 220
_GROUNDS = ((0.2, 0.4, 0.36), (0.86, 0.8, 0.72))


@app.command()
def synthesize(
    out: Annotated[Path, typer.Option(help="Folder of the data set.")] = Path("data"),
    count: Annotated[int, typer.Option(help="Foregrounds, training and test together.")] = 1000,
    seed: Annotated[int, typer.Option(help="Another seed gives other foregrounds.")] = 0,
    workers: Annotated[int, typer.Option(help="Processes.")] = 1,
    backgrounds: Annotated[
        int | None,
        typer.Option(
            min=0, help="Backgrounds, training and test together. Default 200, or all --photos."
        ),
    ] = None,
    photos: Annotated[
        Path | None,
        typer.Option(help="Backgrounds are these photographs; foregrounds take colours from them."),
    ] = None,
    size: Annotated[int, typer.Option(help="Side in pixels.")] = 512,
    test_share: Annotated[float, typer.Option(help="Share of foregrounds for testing.")] = 0.1,
    gallery: Annotated[
        Path | None,
        typer.Option(help="Write only a sheet of examples of each kind and effect here."),
    ] = None,
    as_json: Json = False,
) -> None:
    """Draws foregrounds with exact alpha - fur, hair, lace, glass, smoke - and backgrounds.

    Writes `fg`, `mask`, `bg`, `fg_test`, `mask_test`, `bg_test` and lists of foregrounds, as
    Composition-1k has them; no photograph serves training and test both. A seed gives the same
    files on any number of processes; files that exist are kept, so a stopped run continues and a
    data set can grow.

    Example: `atnet synthesize --out data --count 1000 --workers 4`
    """
    from atnet.data.synthesis.dataset import Recipe, find_photographs

    photographs = () if photos is None else find_photographs(photos)
    if gallery is not None:
        _write_gallery(gallery, seed, size, photographs)
        report({"gallery": str(gallery)}, as_json)
        return
    recipe = Recipe(seed, size, test_share, photographs)
    if backgrounds is None:
        backgrounds = len(photographs) or _PAINTED
    report(_write_data_set(out, count, recipe, backgrounds, workers), as_json)


def _write_data_set(
    out: Path, count: int, recipe: "Recipe", backgrounds: int, workers: int
) -> dict[str, Any]:
    from atnet.data.synthesis.dataset import Background, is_done, is_test, plan, write
    from atnet.parallel import map_unordered

    tasks = plan(out, count, recipe, backgrounds)
    missing = [task for task in tasks if not is_done(task)]
    with Progress(console=messages, transient=True) as progress:
        bar = progress.add_task("Drawing", total=len(missing))
        for _ in map_unordered(write, missing, workers=workers):
            progress.advance(bar)
    tests = sum(is_test(index, recipe.test_share) for index in range(count))
    return {
        "folder": str(out),
        "training": count - tests,
        "test": tests,
        "backgrounds": sum(isinstance(task, Background) for task in tasks),
        "drawn": len(missing),
        "kept": len(tasks) - len(missing),
    }


def _write_gallery(path: Path, seed: int, size: int, photographs: tuple[Path, ...]) -> None:
    import numpy as np

    from atnet.data.synthesis.generate import effects, example
    from atnet.data.synthesis.kinds import KINDS
    from atnet.files.images import write_image
    from atnet.foreground import composite
    from atnet.sheet import contact_sheet

    drawn = {
        f"{kind.replace('_', ' ')} {number}": example(seed + number, kind, size, photographs)
        for kind in KINDS
        for number in (1, 2)
    }
    drawn.update(effects(seed, size, photographs))
    pictures = {
        caption: composite(layer.colour, np.array(_GROUNDS[place % 2]), layer.alpha)
        for place, (caption, layer) in enumerate(drawn.items())
    }
    write_image(path, contact_sheet(pictures, _EXAMPLE_COLUMNS, _EXAMPLE_WIDTH))
