"""The command line: parses, calls the library, reports. `atnet --help` lists the commands."""

from atnet.cli import compose as compose
from atnet.cli import evaluate as evaluate
from atnet.cli import matte as matte
from atnet.cli import models as models
from atnet.cli import synthesize as synthesize
from atnet.cli.common import app as app


def main() -> None:
    """Runs the command line."""
    app(prog_name="atnet")
