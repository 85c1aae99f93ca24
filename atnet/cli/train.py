"""`atnet train`."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from atnet.cli.common import Json, app, messages, report

if TYPE_CHECKING:
    import keras


@app.command()
def train(
    stage: Annotated[
        Literal["encoder-decoder", "refinement", "joint", "all"],
        typer.Argument(help="What to train; all: the three, one after the other."),
    ],
    config: Annotated[
        Path | None, typer.Option(help="TOML file; docs/training.md lists what it may hold.")
    ] = None,
    changes: Annotated[
        list[str] | None,
        typer.Option("--set", help="Change a key of the file, such as data.batch=8; repeatable."),
    ] = None,
    resume: Annotated[
        bool, typer.Option("--resume", help="Go on from the last checkpoint, if there is one.")
    ] = False,
    processes: Annotated[int, typer.Option(help="Training processes, one for each host.")] = 1,
    process: Annotated[int, typer.Option(help="Number of this one, from 0.")] = 0,
    coordinator: Annotated[str, typer.Option(help="host:port of process 0, for several.")] = "",
    as_json: Json = False,
) -> None:
    """Trains a stage: the encoder-decoder, the refinement behind it, both jointly, or all in turn.

    Reads `data` and writes `runs/<stage>`, unless the configuration says otherwise: `best.npz` for
    `atnet export`, `history.csv`, checkpoints, pictures, TensorBoard. A stage starts from the best
    weights of the one before. All devices are used.

    Example: `atnet train all --config configs/atnet-vgg16.toml --resume`
    """
    try:
        from atnet.models.backend import keep_compiled
        from atnet.training.config import read_config
        from atnet.training.devices import Process
        from atnet.training.stages import STAGES
        from atnet.training.trainer import train_stages
    except ImportError as error:
        raise ImportError(f"{error.name} is missing; pip install 'atnet[train]'") from error

    keep_compiled()
    settings, place = read_config(config, changes or ()), Process(process, processes, coordinator)
    names = tuple(STAGES) if stage == "all" else (stage,)
    with _progress() as progress:
        bar = _bar(progress, settings.data.batch)
        best = train_stages(names, settings, resume=resume, process=place, callbacks=[bar])
    lines = {f"{name}.{key}": figure for name in best for key, figure in best[name].items()}
    report({**best} if as_json else lines, as_json)
    trained = Path(best[names[-1]]["weights"]).parent
    messages.print(
        f"To test these weights: atnet evaluate composition1k {settings.data.folder} "
        f"--preset {trained}",
        markup=False,
        soft_wrap=True,
    )


def _progress() -> Progress:
    return Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TextColumn("{task.fields[figures]}"),
        TimeRemainingColumn(),
        console=messages,
    )


def _bar(progress: Progress, batch: int) -> "keras.callbacks.Callback":
    """Shows the way through each stage, with images a second, and a line for each epoch."""
    import keras

    task = progress.add_task("", figures="", visible=False)
    shown = progress.tasks[task]

    def show(logs: Any) -> None:
        del logs
        progress.reset(
            task,
            description=bar.model.name,
            total=bar.params["epochs"] * bar.params["steps"],
            completed=int(bar.model.optimizer.iterations),
            figures="compiling",
            visible=True,
        )

    def show_step(number: int, logs: Any) -> None:
        del number
        rate = f"{batch * (shown.speed or 0):.0f} images/s"
        progress.update(task, advance=1, figures=f"{rate}, loss {logs['loss']:.4f}")

    def show_epoch(number: int, logs: Any) -> None:
        del number
        messages.print(
            f"step {logs['step']:.0f}: {logs['images_per_second']:.1f} images/s, "
            f"{logs['waiting']:.0%} waiting for data, loss {logs['loss']:.4f}, "
            f"validation SAD {logs['val_sad']:.4f}, MSE {logs['val_mse']:.5f}"
        )

    bar: Any = keras.callbacks.LambdaCallback(
        on_train_begin=show,
        on_train_batch_end=show_step,
        on_epoch_end=show_epoch,
        async_safe=True,  # as with Epochs
    )
    return bar
