"""Trains with a small network: `python small_run.py STAGE CONFIG [PROCESS COUNT COORDINATOR]`.

Resumes if it can.
"""

import os
import sys
from pathlib import Path

os.environ.setdefault("KERAS_BACKEND", "jax")

import small_encoder

CONFIG = """
[data]
folder = "{folder}/data"
size = 32
batch = 4
workers = 0
[network]
encoder = "{encoder}"
width = "half"
encoder_weights = "none"
[optimizer]
average = 0.5
[run]
folder = "{folder}/{runs}"
steps_per_epoch = 2
samples = 4
[encoder_decoder]
steps = 6
warmup = 1
learning_rate = 1e-3
[refinement]
steps = 6
warmup = 1
[joint]
steps = 2
warmup = 1
"""


def write_config(folder, runs="runs"):
    path = folder / f"{runs}.toml"
    path.write_text(CONFIG.format(folder=folder, runs=runs, encoder=small_encoder.NAME))
    return path


def run(stage, config, index=0, count=1, coordinator="", callbacks=()):
    from atnet.training.config import read_config
    from atnet.training.devices import Process
    from atnet.training.trainer import train_stages

    place, settings = Process(index, count, coordinator), read_config(config)
    return train_stages([stage], settings, resume=True, process=place, callbacks=callbacks)[stage]


if __name__ == "__main__":
    stage, config, *place = sys.argv[1:]
    index, count, coordinator = place or ("0", "1", "")
    run(stage, Path(config), int(index), int(count), coordinator)
