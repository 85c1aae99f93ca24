"""Several accelerators and several hosts: each holds all weights and a part of every batch."""

import contextlib
from collections.abc import Iterator
from dataclasses import dataclass

import keras


@dataclass(frozen=True)
class Process:
    """A training process's place among those that train together.

    Attributes:
        index: From 0; process 0 writes.
        count: Processes.
        coordinator: `host:port` of process 0.
    """

    index: int = 0
    count: int = 1
    coordinator: str = ""

    def __post_init__(self):
        if not 0 <= self.index < self.count:
            raise ValueError(
                f"process {self.index} of {self.count}; it must be at least 0 and less than the "
                "number of processes"
            )
        if (self.count > 1) != bool(self.coordinator):
            raise ValueError(
                f"{self.count} processes with coordinator {self.coordinator!r}; several processes "
                "need the host:port of process 0, one needs none"
            )

    def connect(self) -> None:
        """Meets the other processes; comes before anything else is asked of the backend.

        Raises:
            ValueError: Keras runs on another backend than JAX.
        """
        if self.count == 1:
            return
        if keras.backend.backend() != "jax":
            raise ValueError(
                f"{self.count} processes on {keras.backend.backend()}; several train together on "
                "JAX only: set KERAS_BACKEND=jax"
            )
        keras.distribution.initialize(self.coordinator, self.count, self.index)

    def wait(self) -> None:
        """Waits until all processes have come to this point."""
        if self.count > 1:
            from jax.experimental import multihost_utils  # noqa: PLC0415  (of one backend)

            multihost_utils.sync_global_devices("atnet")


def available_devices() -> list[str]:
    """Lists all devices of all processes; on another backend than JAX, the one that trains."""
    if keras.backend.backend() != "jax":
        return ["default"]
    return keras.distribution.list_devices()


@contextlib.contextmanager
def use_all_devices(batch: int) -> Iterator[None]:
    """Shares the batches of what is built inside among all devices of all processes.

    Args:
        batch: Samples in a batch, on all devices together.

    Raises:
        ValueError: The batch cannot be shared evenly.
    """
    devices = available_devices()
    if batch % len(devices):
        raise ValueError(f"data.batch is {batch}; it must be a multiple of {len(devices)} devices")
    if len(devices) == 1:
        yield
        return
    shared = keras.distribution.DataParallel(devices=devices, auto_shard_dataset=False)
    with shared.scope():
        yield
