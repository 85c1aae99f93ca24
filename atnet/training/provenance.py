"""What the weights of a run say of how they came to be."""

import hashlib
import shutil
import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from atnet.data.layout import Layout
from atnet.training.checkpoints import versions

_PLACES = (("data", "folder"), ("data", "backgrounds"), ("run", "folder"))
_FILES = (("network", "encoder_weights"), ("network", "weights"), ("network", "features"))


def describe_training(
    stage: str, config: Mapping[str, Mapping[str, Any]], figures: Mapping[str, float]
) -> dict[str, Any]:
    """Describes a stage of training, without telling where on this machine its files lie.

    Args:
        stage: Its name.
        config: Configuration as a dictionary.
        figures: Of the epoch that the weights are of.

    Returns:
        What JSON can hold: `stage`, `configuration`, `data`, `figures`, `versions` and, where the
        program runs from a repository, its `commit`.
    """
    configuration = {table: dict(keys) for table, keys in config.items()}
    for table, key in (*_PLACES, *_FILES):
        configuration[table][key] = Path(configuration[table][key]).name
    about = {
        "stage": stage,
        "configuration": configuration,
        "data": fingerprint(Path(config["data"]["folder"])),
        "figures": dict(figures),
        "versions": versions(),
    }
    commit = _commit(Path(__file__).parents[2])
    return about | ({"commit": commit} if commit else {})


def fingerprint(folder: Path) -> str:
    """Tells data sets apart by the names and sizes of their foregrounds and alphas.

    Args:
        folder: The data set.

    Returns:
        Number of training files, and a digest.

    Example:
        >>> fingerprint(Path("no such folder"))
        '0 files, e3b0c44298fc'
    """
    layout = Layout(folder, "train")
    files = sorted(
        path
        for part in (layout.foregrounds, layout.alphas)
        if part.is_dir()
        for path in part.iterdir()
    )
    lines = (f"{path.parent.name}/{path.name} {path.stat().st_size}\n" for path in files)
    digest = hashlib.sha256("".join(lines).encode()).hexdigest()
    return f"{len(files)} files, {digest[:12]}"


def _commit(repository: Path) -> str | None:
    git = shutil.which("git")
    if git is None or not (repository / ".git").exists():
        return None
    command = [git, "-C", str(repository), "rev-parse", "HEAD"]
    ran = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603
    return ran.stdout.strip() or None
