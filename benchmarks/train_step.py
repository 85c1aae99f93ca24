"""Images a second of the first stage: `python benchmarks/train_step.py --config FILE`.

Once with a batch that is always the same, which shows what the device can do, and once with the
data pipeline. The first steps, which compile, are timed apart.
"""

import argparse
import os
from collections.abc import Iterator
from itertools import repeat
from pathlib import Path
from time import perf_counter
from typing import Any

os.environ.setdefault("KERAS_BACKEND", "jax")

import keras

from atnet.data.training.pipeline import PipelineSettings, batches
from atnet.machine import describe_run
from atnet.training.config import Config, read_config
from atnet.training.devices import available_devices, use_all_devices
from atnet.training.epochs import Feed
from atnet.training.stages import SILENT
from atnet.training.trainer import build


class Clock(keras.callbacks.Callback):
    """Takes the time of each epoch, until the device has finished it."""

    def __init__(self, feed: Feed) -> None:
        super().__init__()
        self.feed = feed
        self.epochs: list[tuple[float, float]] = []

    def on_epoch_begin(self, epoch: int, logs: Any = None) -> None:
        """Starts."""
        del epoch, logs
        self._start, self._waited = perf_counter(), self.feed.waited

    def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
        """Reads the loss, which waits for the device."""
        del epoch
        float(logs["loss"])
        self.epochs.append((perf_counter() - self._start, self.feed.waited - self._waited))


def measure(config: Config, source: Iterator[Any], steps: int) -> Clock:
    """Trains for two epochs with a model of its own."""
    with use_all_devices(config.data.batch):
        model = build("encoder-decoder", config, pretrained=False)
        feed = Feed(source)
        clock = Clock(feed)
        model.fit(
            feed.batches(),
            steps_per_epoch=steps,
            epochs=2,
            callbacks=[clock],
            shuffle=False,
            verbose=SILENT,
        )
    return clock


def main() -> None:
    """Prints a line for each source of batches."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--config", type=Path, required=True)
    parser.add_argument("--steps", type=int, default=50)
    arguments = parser.parse_args()
    config = read_config(arguments.config)
    data = config.data
    keras.config.set_dtype_policy(config.network.precision)
    print(describe_run("keras", keras.backend.backend(), "grain"))
    print(
        f"{config.network.encoder}, {data.size} pixels, batch {data.batch}, "
        f"{config.network.precision}"
    )
    print(f"devices: {', '.join(available_devices())}")
    settings = PipelineSettings(
        data.folder, size=data.size, batch=data.batch, seed=data.seed, workers=data.workers
    )
    pipeline = batches(settings)
    for name, source in (("one batch", repeat(next(pipeline))), ("pipeline", pipeline)):
        (first, _), (seconds, waited) = measure(config, source, arguments.steps).epochs
        print(
            f"{name}: {arguments.steps * data.batch / seconds:.1f} images/s, "
            f"{waited / seconds:.0%} waiting for data; compilation {first - seconds:.0f} s"
        )


if __name__ == "__main__":
    main()
