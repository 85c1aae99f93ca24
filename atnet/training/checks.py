"""What is wrong with the files that a run names, before minutes are spent; in the keys' names."""

import contextlib
import os
from collections.abc import Iterator
from pathlib import Path

from atnet.matting.presets import EXPORTED, find_model
from atnet.training.config import Config, Network

_WORDS = {"imagenet", "none", "random", ""}
"""What stands for no file."""


def check_files(config: Config) -> None:
    """Finds out whether a run can read what it names, and write where it is to.

    Args:
        config: Of the run.

    Raises:
        OSError: The folder of the run takes no files.
        ValueError: A file is missing, and its key is named; or an exported network is to be trained
            on with the normalisation of batches.
    """
    network = config.network
    archives = {"encoder_weights": network.encoder_weights, "weights": network.weights}
    if config.loss.perceptual:
        archives["features"] = network.features
    for key, source in archives.items():
        if source in _WORDS:
            continue
        with naming(f"network.{key}"):
            path = find_model(source) if key == "weights" else Path(source)
            if not path.is_file():
                raise ValueError(f"{path}: no such file")
    _check_normalisation(network)
    folder = config.run.folder.absolute()
    place = next(path for path in (folder, *folder.parents) if path.exists())
    if not (place.is_dir() and os.access(place, os.W_OK | os.X_OK)):
        raise OSError(f"run.folder: {folder} cannot be written: {place} takes no files")


def _check_normalisation(network: Network) -> None:
    weights = network.weights
    if weights and find_model(weights).suffix == EXPORTED and network.normalisation != "stored":
        raise ValueError(
            f"network.weights is {weights}, an exported network, whose normalisation is in its "
            'convolutions; set network.normalisation = "stored"'
        )


@contextlib.contextmanager
def naming(key: str) -> Iterator[None]:
    """Names the key of the configuration that an error comes from.

    Raises:
        ValueError: What was an `OSError` or a `ValueError`.

    Example:
        >>> with naming("network.weights"):
        ...     raise FileNotFoundError("mine.npz: no such file")
        Traceback (most recent call last):
            ...
        ValueError: network.weights: mine.npz: no such file
    """
    try:
        yield
    except (OSError, ValueError) as error:
        raise ValueError(f"{key}: {error}") from error
