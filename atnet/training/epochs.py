"""What happens around the steps: data is fed, and each epoch ends with validation and files."""

import contextlib
import csv
import io
import math
from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from time import perf_counter
from typing import Any, NamedTuple

import keras
import numpy as np
from tensorboardX import SummaryWriter

from atnet.data.training.pipeline import PipelineSettings, batches
from atnet.files.atomic import write_bytes
from atnet.files.images import write_image
from atnet.matting.presets import BEST_WEIGHTS
from atnet.models.weights import save_weights
from atnet.sheet import contact_sheet
from atnet.training import checkpoints
from atnet.training.provenance import describe_training
from atnet.training.stages import SILENT, StageModel
from atnet.trimaps import clamp

_SHOWN = 6
_PICTURE = 256
SCORE = "val_sad"
"""What the best epoch has least of."""


class DivergedError(ValueError):
    """The loss is not a number any more."""


class RunFolder(NamedTuple):
    """Where a stage keeps its files."""

    path: Path

    @property
    def checkpoints(self) -> Path:
        """Folder of checkpoints."""
        return self.path / "checkpoints"

    @property
    def weights(self) -> Path:
        """Averaged weights of the best epoch."""
        return self.path / BEST_WEIGHTS

    def remove_leftovers(self) -> None:
        """Deletes what a run that was killed had half written."""
        for leftover in self.path.rglob(".*.part"):
            leftover.unlink()


class Feed:
    """Hands batches to `fit` and measures how long it waits for them.

    Args:
        source: Endless batches of the pipeline.
    """

    def __init__(self, source: Any):
        self._source = source
        self.waited = 0.0

    def batches(self) -> Iterator[Any]:
        """Yields the batches; a generator, because Keras would take other iterators apart."""
        while True:
            start = perf_counter()
            batch = next(self._source)
            self.waited += perf_counter() - start
            yield batch

    def close(self) -> None:
        """Ends the worker processes."""
        self._source.close()


class Validation(NamedTuple):
    """Samples that stay the same in all epochs, as the pipeline yields them."""

    inputs: dict[str, np.ndarray]
    targets: dict[str, np.ndarray]
    batch: int

    @classmethod
    def draw(cls, settings: PipelineSettings, samples: int) -> "Validation":
        """Takes the first batches, as many as it takes to have that many samples."""
        count = math.ceil(samples / settings.batch)
        drawn = list(islice(batches(settings), count))
        inputs, targets = (
            {key: np.concatenate([part[side][key] for part in drawn]) for key in drawn[0][side]}
            for side in (0, 1)
        )
        return cls(inputs, targets, settings.batch // settings.shard[1])


class Epochs(keras.callbacks.Callback):
    """Ends each epoch of `fit`: validates, and writes figures, pictures, weights.

    Attributes:
        async_safe: Tells Keras that steps may be reported from another thread. It would wait for
            the device after each step otherwise, to have the loss as a number.

    Args:
        folder: Of the stage.
        validation: Samples.
        feed: Source of the training batches.
        history: Rows of earlier epochs; grows.
        config: Of the run, for its checkpoints.
        samples: Training samples in an epoch.
        writes: Whether this process writes; one of several does.
    """

    async_safe = True

    def __init__(
        self,
        folder: RunFolder,
        validation: Validation,
        feed: Feed,
        history: list[dict[str, float]],
        config: dict[str, Any],
        *,
        samples: int,
        writes: bool = True,
    ):
        super().__init__()
        self.folder = folder
        self.validation = validation
        self.feed = feed
        self.history = history
        self.config = config
        self.samples = samples
        self.writes = writes

    def on_train_begin(self, logs=None):
        """Takes the model that is trained, and cleans up after a run that was killed."""
        del logs
        self.trained: Any = self.model
        if self.writes:
            self.folder.remove_leftovers()

    @property
    def best(self) -> dict[str, float]:
        """Row of the epoch with the lowest score."""
        return min(self.history, key=lambda row: row[SCORE])

    def on_epoch_begin(self, epoch, logs=None):
        """Starts the clock."""
        del epoch, logs
        self._first = int(self.trained.optimizer.iterations)
        self._start, self._waited = perf_counter(), self.feed.waited

    def on_train_batch_end(self, batch, logs=None):
        """Stops a run that has diverged; some steps later, since `fit` runs ahead."""
        if logs:
            refuse_nan(logs["loss"], self._first + batch + 1)

    def on_epoch_end(self, epoch, logs=None):
        """Validates with the averaged weights, then writes; the checkpoint is the last file.

        The figures are added to `logs` for the callbacks behind this one.
        """
        del epoch
        seconds = perf_counter() - self._start
        step = int(self.trained.optimizer.iterations)
        row = {
            "step": step,
            "images_per_second": self.samples / seconds,
            "waiting": (self.feed.waited - self._waited) / seconds,
            "learning_rate": float(self.trained.optimizer.learning_rate),
            **{name: float(value) for name, value in (logs or {}).items()},
        }
        refuse_nan(row["loss"], step)
        with averaged_weights(self.trained):
            row |= self._validate()
            refuse_nan(row["val_loss"], step)
            self.history.append(row)
            if self.writes:
                self._write_pictures(step)
                if self.best is row:
                    about = describe_training(self.folder.path.name, self.config, row)
                    save_weights(self.trained.network, self.folder.weights, training=about)
        if self.writes:
            self._write_figures(row)
            self._write_checkpoint(step)
        if logs is not None:
            logs.update(row)

    def _validate(self) -> dict[str, float]:
        figures = self.trained.evaluate(
            self.validation.inputs,
            self.validation.targets,
            batch_size=self.validation.batch,
            verbose=SILENT,
            return_dict=True,
        )
        return {f"val_{name}": float(value) for name, value in figures.items()}

    def _write_pictures(self, step: int) -> None:
        """Rows of image, trimap, predicted and true alpha; known pixels are as users get them."""
        part = {
            key: values[: self.validation.batch] for key, values in self.validation.inputs.items()
        }
        predicted = self.trained.predict_on_batch(part)[self.trained.stage.result]
        pictures = {}
        for number in range(min(_SHOWN, self.validation.batch)):
            trimap = part["trimap"][number, ..., 0]
            shown = {
                "image": part["image"][number],
                "trimap": trimap,
                "predicted": clamp(predicted[number, ..., 0], trimap),
                "true": self.validation.targets["alpha"][number, ..., 0],
            }
            pictures |= {f"{name} {number + 1}": picture for name, picture in shown.items()}
        folder = self.folder.path / "sheets"
        folder.mkdir(exist_ok=True)
        sheet = contact_sheet(pictures, columns=4, width=_PICTURE)
        write_image(folder / f"step-{step:08d}.jpg", sheet)

    def _write_figures(self, row: dict[str, float]) -> None:
        text = io.StringIO(newline="")
        writer = csv.DictWriter(text, fieldnames=list(row), lineterminator="\n")
        writer.writeheader()
        writer.writerows(self.history)
        write_bytes(self.folder.path / "history.csv", text.getvalue().encode())
        step = int(row["step"])
        with SummaryWriter(str(self.folder.path / "tensorboard"), purge_step=step) as board:
            for name, value in row.items():
                board.add_scalar(name, value, step)

    def _write_checkpoint(self, step: int) -> None:
        self.folder.checkpoints.mkdir(exist_ok=True)
        checkpoints.save(self.folder.checkpoints, self.trained, step, self.history, self.config)
        keep, best = self.config["run"]["keep"], int(self.best["step"])
        checkpoints.prune(self.folder.checkpoints, keep, best)


def refuse_nan(loss: float, step: int) -> None:
    """Stops a run that has diverged.

    Raises:
        DivergedError: The loss is not finite.
    """
    if not math.isfinite(loss):
        raise DivergedError(
            f"the loss is {loss} at step {step}; checkpoints are from before. Lower the learning "
            "rate or clip_norm and start anew in another run.folder"
        )


@contextlib.contextmanager
def averaged_weights(model: StageModel) -> Iterator[None]:
    """Puts the moving average of the weights in their place for a while."""
    swap = keras.callbacks.SwapEMAWeights()
    swap.set_model(model)
    swap.on_test_begin()
    try:
        yield
    finally:
        swap.on_test_end()
