"""`atnet synthesize`."""

from pathlib import Path
from typing import Annotated

import typer

from atnet.cli.common import Json, NoClobber, app, progress_bar, report


@app.command()
def synthesize(
    out: Annotated[Path, typer.Option(help="Folder of the data set.")] = Path("data"),
    count: Annotated[
        int, typer.Option(min=1, help="Foregrounds, training and test together.")
    ] = 1000,
    seed: Annotated[int, typer.Option(min=0, help="Another seed gives other foregrounds.")] = 0,
    workers: Annotated[int, typer.Option(min=1, help="Processes.")] = 1,
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
    size: Annotated[int, typer.Option(min=32, help="Side in pixels.")] = 512,
    test_share: Annotated[
        float, typer.Option(min=0, max=1, help="Share of foregrounds for testing.")
    ] = 0.1,
    gallery: Annotated[
        Path | None,
        typer.Option(help="Write only a sheet of examples of each kind and effect here."),
    ] = None,
    no_clobber: NoClobber = False,
    as_json: Json = False,
) -> None:
    """Draws foregrounds with exact alpha - fur, hair, lace, glass, smoke - and backgrounds.

    Writes `fg`, `mask`, `bg`, `fg_test`, `mask_test`, `bg_test` and lists of foregrounds, as
    Composition-1k has them; no photograph serves training and test both. A seed gives the same
    files on any number of processes; files that exist are kept, so a stopped run continues and a
    data set can grow.

    Example: `atnet synthesize --out data --count 1000 --workers 4`
    """
    from atnet.data.synthesis.dataset import find_photographs, synthesize_data_set
    from atnet.data.synthesis.tasks import Recipe
    from atnet.files.targets import check_absent

    if no_clobber:
        check_absent([out if gallery is None else gallery])
    photographs = () if photos is None else find_photographs(photos)
    if gallery is not None:
        _write_gallery(gallery, seed, size, photographs)
        report({"gallery": str(gallery)}, as_json)
        return
    recipe = Recipe(seed, size, test_share, photographs)
    with progress_bar("Drawing") as progress:
        made = synthesize_data_set(
            out, count, recipe, backgrounds, workers=workers, progress=progress
        )
    report({**vars(made), "folder": str(made.folder)}, as_json)


def _write_gallery(path: Path, seed: int, size: int, photographs: tuple[Path, ...]) -> None:
    from atnet.data.synthesis.gallery import gallery
    from atnet.files.atomic import check_target
    from atnet.files.images import write_image

    check_target(path)
    write_image(path, gallery(seed, size, photographs))
