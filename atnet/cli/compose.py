"""`atnet compose`."""

from pathlib import Path
from typing import Annotated, Literal

import typer

from atnet.cli.common import Json, app, messages, progress_bar, refuse, report

Data = Annotated[Path, typer.Option(help="Folder of the data set.")]
Part = Annotated[Literal["test", "train"], typer.Option("--set", help="Which part to compose.")]
Backgrounds = Annotated[
    Path | None, typer.Option(help="Folder of photographs. Default DATA/bg_test or DATA/bg.")
]
BackgroundsEach = Annotated[
    int | None,
    typer.Option(min=1, help="Composites of each foreground. Default 20 for test, 100 for train."),
]
Names = Annotated[
    Literal["official", "original"],
    typer.Option(help="FOREGROUND_K.png, or the original's I_J.png."),
]
Trimaps = Annotated[
    Literal["none", "random", "original"],
    typer.Option(
        help="Make those that are missing: both sides eroded by drawn radii, or dilated 20 times "
        "as the original did."
    ),
]


@app.command()
def compose(
    data: Data = Path("data"),
    part: Part = "test",
    backgrounds: Backgrounds = None,
    backgrounds_each: BackgroundsEach = None,
    names: Names = "official",
    trimaps: Trimaps = "none",
    seed: Annotated[int, typer.Option(min=0, help="Of the trimaps' radii.")] = 0,
    workers: Annotated[int, typer.Option(min=1, help="Processes.")] = 1,
    as_json: Json = False,
) -> None:
    """Composes a test or training set in Composition-1k's layout, by Adobe's recipe.

    Reads `fg_test`, `mask_test`, `bg_test`, writes `merged_test` and `trimap_test` (without `_test`
    for the training set). Adobe's lists of names set the order if they are in the folder, or in
    `Combined_Dataset` there. Existing files are kept, so that a stopped run continues; remove them
    to start again.

    Example: `atnet compose --data data --backgrounds photos --trimaps random --workers 4`
    """
    from atnet.data.compose import Composition, compose_data_set
    from atnet.files.problems import ProblemsError

    wanted = Composition(data, part, backgrounds, backgrounds_each, names, trimaps, seed)
    lists = wanted.lists()
    for role, what in (("fg", "foregrounds"), ("bg", "backgrounds")):
        order = lists[role].path if role in lists else "their file names"
        messages.print(f"atnet: {what} in the order of {order}", markup=False)
    try:
        with progress_bar("Composing") as progress:
            composed = compose_data_set(wanted, workers=workers, progress=progress)
    except ProblemsError as error:
        refuse(error.consequence, error.problems, as_json)
    report({**vars(composed), "folder": str(composed.folder)}, as_json)
