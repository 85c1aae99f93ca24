"""What the commands share: the application, its errors, common options, reports."""

import contextlib
import io
import json
import sys
import warnings
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Annotated, Any, BinaryIO, NoReturn, TextIO

import typer
import typer.core
from rich.console import Console
from rich.markup import escape
from rich.progress import Progress
from rich.status import Status

from atnet.choices import EngineName, Quality, Refinement
from atnet.files.problems import one_line
from atnet.version import __version__

messages = Console(stderr=True, highlight=False, soft_wrap=True)
results = Console(highlight=False, soft_wrap=True)
INTERRUPTED = 130
"""Exit code after Ctrl-C, as shells give it."""
_STRICT = ("strict", "surrogateescape")  # both refuse what an encoding lacks


class _PlainErrors(typer.core.TyperGroup):
    """Errors and warnings of the library become one line on standard error, errors exit with 1."""

    def invoke(self, ctx: typer.Context) -> Any:
        escape_unprintable()
        with warnings.catch_warnings():
            warnings.simplefilter("always", UserWarning)
            warnings.showwarning = lambda message, *_, **__: _say("warning", message)
            try:
                return super().invoke(ctx)
            except BrokenPipeError:
                raise  # the reader has seen enough, as in `| head`; Typer ends quietly
            except KeyboardInterrupt:
                ctx.exit(INTERRUPTED)
            except (ValueError, OSError, ImportError, MemoryError) as error:
                _say("error", error)
                ctx.exit(1)


def escape_unprintable() -> None:
    """Lets standard output escape what it cannot encode: `³` must not cost hours of work."""
    if isinstance(sys.stdout, io.TextIOWrapper) and sys.stdout.errors in _STRICT:
        sys.stdout.reconfigure(errors="backslashreplace")


def _say(kind: str, message: object) -> None:
    messages.print(f"atnet: {kind}: {one_line(message)}", markup=False)


app = typer.Typer(
    cls=_PlainErrors,
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode="markdown",
    context_settings={"help_option_names": ["-h", "--help"]},
    help="Natural image matting: from an image and a trimap to alpha, foreground and cutout.",
)

Json = Annotated[bool, typer.Option("--json", help="Print the result as JSON.")]
PresetName = Annotated[
    str,
    typer.Option(
        "--preset", help="Shipped model, exported .onnx, or training's .npz, .keras or run folder."
    ),
]
QualityName = Annotated[
    Quality,
    typer.Option(
        "--quality", help="fast: the network alone; standard: refined; best: four views, refined."
    ),
]
Refine = Annotated[
    Refinement | None,
    typer.Option(help="Refinement behind the network. Default: by the quality."),
]
MaxMemory = Annotated[
    str | None,
    typer.Option("--max-memory", help="Bound on working memory, such as 800MB. Default 2GB."),
]

Engine = Annotated[
    EngineName | None,
    typer.Option(help="What runs the network. Default: ATNET_ENGINE, or the fastest here."),
]
Bits = Annotated[int | None, typer.Option(help="8, or 16 for .png and .tif; 16 or 32 for .exr.")]
NoClobber = Annotated[
    bool, typer.Option("--no-clobber", help="Refuse to replace files that exist, before any work.")
]
ResizeTrimap = Annotated[
    bool,
    typer.Option("--resize-trimap", help="Scale the trimap to the photograph, of the same shape."),
]
Threads = Annotated[int | None, typer.Option(help="Threads of the CPU. Default all cores.")]


@app.callback(invoke_without_command=True)
def _version(
    version: Annotated[bool, typer.Option("--version", help="Print the version.")] = False,
) -> None:
    if version:
        results.print(__version__)
        raise typer.Exit


@contextlib.contextmanager
def progress_bar(label: str) -> Iterator[Callable[[int, int], None]]:
    """Shows how far a command is, on a terminal: call what it gives with what is done, and all."""
    with Progress(console=messages, transient=True, disable=not messages.is_terminal) as progress:
        bar = progress.add_task(label, total=None)
        yield lambda done, total: progress.update(bar, completed=done, total=total)


def refuse(consequence: str, problems: Sequence[str], as_json: bool) -> NoReturn:
    """Prints all that is wrong, a line each, and ends the command with exit code 1."""
    messages.print(f"atnet: error: {consequence}:", markup=False)
    for problem in problems:
        messages.print(f"  {problem}", markup=False)
    if as_json:
        report({"error": consequence, "problems": list(problems)}, as_json)
    raise typer.Exit(1)


def source(name: str) -> Path | BinaryIO:
    """Returns what is read: a file, or standard input for `-`."""
    return _open(sys.stdin, "input").buffer if name == "-" else Path(name)


def target(name: str) -> Path | BinaryIO:
    """Returns where something is written: a file, or standard output for `-`."""
    return _open(sys.stdout, "output").buffer if name == "-" else Path(name)


def working(text: str) -> Status:
    """Shows what a command does, on a terminal; names of files are no markup."""
    return messages.status(escape(text))


def report(summary: Any, as_json: bool, silent: bool = False) -> None:
    """Prints what a command did: JSON on standard output, or lines on standard error."""
    if as_json:
        print(json.dumps(summary, indent=2), file=_open(sys.stdout, "output"))
    elif not silent:
        for name, value in summary.items():
            messages.print(f"{name}: {value}", markup=False)
    if sys.stdout:
        sys.stdout.flush()


def _open(stream: TextIO | None, which: str) -> Any:
    if stream is None:
        raise OSError(f"standard {which} is closed: name a file, or leave it open")
    return stream
