"""The command line: parses, calls the library, reports. `atnet --help` lists the commands."""

import sys
from collections.abc import Sequence

from atnet.cli import batch as batch
from atnet.cli import compose as compose
from atnet.cli import evaluate as evaluate
from atnet.cli import matte as matte
from atnet.cli import models as models
from atnet.cli import serve as serve
from atnet.cli import synthesize as synthesize
from atnet.cli import train as train
from atnet.cli.common import app as app


def main(command: Sequence[str] = ()) -> None:
    """Runs the command line, behind the given command if there is one."""
    app([*command, *sys.argv[1:]], prog_name="atnet")
