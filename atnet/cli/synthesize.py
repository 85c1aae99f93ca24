"""`atnet synthesize`."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.progress import Progress

from atnet.cli.common import Json, app, messages, report

if TYPE_CHECKING:
    from atnet.data.synthesis.dataset import Recipe

_EXAMPLE_SIZE = 384
_EXAMPLE_COLUMNS = 6
_EXAMPLE_WIDTH = 220
_GROUNDS = ((0.2, 0.4, 0.36), (0.86, 0.8, 0.72))


@app.command()
def synthesize(
    out: Annotated[Path, typer.Option(help="Folder of the data set.")] = Path("data"),
    count: Annotated[int, typer.Option(help="Foregrounds, training and test together.")] = 1000,
    seed: Annotated[int, typer.Option(help="Another seed gives other foregrounds.")] = 0,
    workers: Annotated[int, typer.Option(help="Processes.")] = 1,
    photos: Annotated[
        Path | None, typer.Option(help="Take colours from these photographs too.")
    ] = None,
    size: Annotated[int, typer.Option(help="Side in pixels.")] = 512,
    test_share: Annotated[float, typer.Option(help="Share of foregrounds for testing.")] = 0.1,
    gallery: Annotated[
        Path | None, typer.Option(help="Write only a sheet of examples of each kind here.")
    ] = None,
    as_json: Json = False,
) -> None:
    """Draws foregrounds with exact alpha: fur, hair, lace, nets, glass, smoke and more.

    Writes `fg`, `mask`, `fg_test`, `mask_test` and the lists of names that Composition-1k has. A
    seed gives the same files on any number of processes; files that exist are kept, so a stopped
    run continues and a data set can grow.

    Example: `atnet synthesize --out data --count 1000 --workers 4`
    """
    from atnet.data.synthesis.dataset import Recipe, find_photographs

    photographs = () if photos is None else find_photographs(photos)
    if gallery is not None:
        _write_gallery(gallery, seed, photographs)
        report({"gallery": str(gallery)}, as_json)
        return
    recipe = Recipe(seed, size, test_share, photographs)
    report(_write_data_set(out, count, recipe, workers), as_json)


def _write_data_set(out: Path, count: int, recipe: "Recipe", workers: int) -> dict[str, Any]:
    from atnet.data.synthesis.dataset import is_done, is_test, plan, write_pair
    from atnet.parallel import map_unordered

    tasks = plan(out, count, recipe)
    missing = [task for task in tasks if not is_done(task)]
    with Progress(console=messages, transient=True) as progress:
        bar = progress.add_task("Drawing", total=len(missing))
        for _ in map_unordered(write_pair, missing, workers=workers):
            progress.advance(bar)
    tests = sum(is_test(task.index, recipe.test_share) for task in tasks)
    return {
        "folder": str(out),
        "training": count - tests,
        "test": tests,
        "drawn": len(missing),
        "kept": count - len(missing),
    }


def _write_gallery(path: Path, seed: int, photographs: tuple[Path, ...]) -> None:
    import numpy as np

    from atnet.data.synthesis.generate import example
    from atnet.data.synthesis.kinds import KINDS
    from atnet.foreground import composite
    from atnet.images import write_image
    from atnet.sheet import contact_sheet

    pictures = {}
    for kind in KINDS:
        for number, ground in enumerate(_GROUNDS):
            drawn = example(seed + number, kind, _EXAMPLE_SIZE, photographs)
            caption = f"{kind.replace('_', ' ')} {number + 1}"
            pictures[caption] = composite(drawn.colour, np.array(ground), drawn.alpha)
    write_image(path, contact_sheet(pictures, _EXAMPLE_COLUMNS, _EXAMPLE_WIDTH))
