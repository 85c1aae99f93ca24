"""What a training run is told: a TOML file becomes checked, frozen dataclasses."""

import tomllib
from dataclasses import asdict, dataclass, field, fields, is_dataclass, replace
from pathlib import Path
from typing import Any, Literal, get_args, get_origin

from atnet.training.losses import LossWeights

StageName = Literal["encoder-decoder", "refinement", "joint"]
"""Stages in the order in which they are trained."""


@dataclass(frozen=True)
class Data:
    """Where samples come from.

    Attributes:
        folder: Data set in the original's layout: `fg`, `mask`, `bg`, and the same with `_test`.
        backgrounds: Another folder of training backgrounds; empty for `bg`.
        size: Side of the crops in pixels, a multiple of 32.
        batch: Samples in a batch, on all devices together.
        workers: Processes that make samples; 0 makes them in the training process.
        seed: Of the samples and of the initial weights.
    """

    folder: Path = Path("data")
    backgrounds: str = ""
    size: int = 384
    batch: int = 16
    workers: int = 2
    seed: int = 0


@dataclass(frozen=True)
class Network:
    """What is trained, and what it starts from.

    Attributes:
        encoder: `vgg16`, `resnet50`, `mobilenet_v2` or `efficientnet_lite0`.
        decoder: `attention_transfer`, `light`, `original` or `original_winner`.
        encoder_weights: `imagenet`, an .npz archive of ImageNet weights, or `none`.
        weights: Archive or .keras file to start from where no stage before this one has left its
            best weights in `run.folder`.
        features: VGG16 for the perceptual loss: `imagenet`, an .npz archive, or `random`.
        precision: `float32`, or `mixed_bfloat16` for accelerators.
    """

    encoder: str = "vgg16"
    decoder: str = "attention_transfer"
    encoder_weights: str = "imagenet"
    weights: str = ""
    features: str = "imagenet"
    precision: Literal["float32", "mixed_bfloat16"] = "float32"


@dataclass(frozen=True)
class Optimizer:
    """AdamW and what is done around it.

    Attributes:
        weight_decay: Of kernels.
        clip_norm: Largest norm of all gradients together.
        average: Momentum of the moving average of weights, which is validated and kept.
    """

    weight_decay: float = 1e-3
    clip_norm: float = 1.0
    average: float = 0.999


@dataclass(frozen=True)
class Schedule:
    """Length and rates of a stage.

    Attributes:
        steps: Batches; a multiple of `run.steps_per_epoch`.
        learning_rate: After the warm-up; falls to 2 % along half a cosine.
        warmup: Steps in which it rises from zero.
    """

    steps: int = 20_000
    learning_rate: float = 2e-4
    warmup: int = 300


@dataclass(frozen=True)
class Run:
    """What is written, and how often.

    Attributes:
        folder: Holds a folder for each stage.
        steps_per_epoch: Steps between validations; each ends with a checkpoint.
        samples: Validation samples, always the same ones, from the data set's test part.
        keep: Latest checkpoints that are kept beside the best one.
    """

    folder: Path = Path("runs")
    steps_per_epoch: int = 500
    samples: int = 64
    keep: int = 2


@dataclass(frozen=True)
class Config:
    """Everything a run depends on; the TOML file has one table for each attribute."""

    data: Data = field(default_factory=Data)
    network: Network = field(default_factory=Network)
    loss: LossWeights = field(default_factory=LossWeights)
    optimizer: Optimizer = field(default_factory=Optimizer)
    run: Run = field(default_factory=Run)
    encoder_decoder: Schedule = field(default_factory=Schedule)
    refinement: Schedule = field(default_factory=lambda: Schedule(5_000, 1e-4))
    joint: Schedule = field(default_factory=lambda: Schedule(5_000, 5e-5))

    def schedule(self, stage: StageName) -> Schedule:
        """Returns the schedule of a stage."""
        return getattr(self, stage.replace("-", "_"))


def read_config(path: Path | None) -> Config:
    """Reads a TOML file; what it leaves out keeps its default.

    Args:
        path: The file, or `None` for the defaults.

    Returns:
        The checked configuration.

    Raises:
        ValueError: Not TOML; an unknown table or key; a value of the wrong type or out of range.

    Example:
        >>> read_config(None).schedule("refinement").steps
        5000
    """
    if path is None:
        return Config()
    try:
        tables = tomllib.loads(path.read_text(encoding="utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ValueError(f"{path}: is not TOML: {error}") from error
    try:
        config = _fill(Config(), tables, "")
        _check(config)
    except ValueError as error:
        raise ValueError(f"{path}: {error}") from error
    return config


def differences(old: dict[str, Any], new: dict[str, Any]) -> list[str]:
    """Names the keys, such as `data.seed`, in which two configurations as dictionaries differ."""
    flat = [_flatten(config) for config in (old, new)]
    keys = sorted(set(flat[0]) | set(flat[1]))
    return [key for key in keys if flat[0].get(key) != flat[1].get(key)]


def as_dictionary(config: Config) -> dict[str, Any]:
    """Turns a configuration into what JSON can hold."""
    return {
        table: {
            key: str(value) if isinstance(value, Path) else value for key, value in keys.items()
        }
        for table, keys in asdict(config).items()
    }


def _fill(defaults: Any, values: dict[str, Any], prefix: str) -> Any:
    """Replaces the attributes of a dataclass by the values of a table."""
    known = {item.name: item for item in fields(defaults)}
    unknown = [prefix + key for key in values if key not in known]
    if unknown:
        raise ValueError(f"unknown {', '.join(unknown)}; allowed are {', '.join(known)}")
    changes = {}
    for key, value in values.items():
        default = getattr(defaults, key)
        if is_dataclass(default):
            if not isinstance(value, dict):
                raise ValueError(f"{prefix}{key} is {value!r}; it must be a table")
            changes[key] = _fill(default, value, f"{prefix}{key}.")
        else:
            changes[key] = _convert(value, known[key].type, prefix + key)
    return replace(defaults, **changes)


def _convert(value: Any, kind: Any, name: str) -> Any:
    """Checks a TOML value against the type of its attribute; whole numbers may stand for floats."""
    if get_origin(kind) is Literal:
        if value not in get_args(kind):
            raise ValueError(f"{name} is {value!r}; allowed are {', '.join(get_args(kind))}")
        return value
    accepted = {float: (int, float), Path: str}.get(kind, kind)
    if not isinstance(value, accepted) or isinstance(value, bool):
        wanted = {float: "a number", int: "a whole number"}.get(kind, "a string")
        raise ValueError(f"{name} is {value!r}; it must be {wanted}")  # noqa: TRY004
    return kind(value)


def _check(config: Config) -> None:
    """Refuses numbers that no run can be made with."""
    data, run, optimizer = config.data, config.run, config.optimizer
    least = {
        "data.batch": (data.batch, 1),
        "data.workers": (data.workers, 0),
        "data.seed": (data.seed, 0),
        "run.steps_per_epoch": (run.steps_per_epoch, 1),
        "run.samples": (run.samples, 1),
        "run.keep": (run.keep, 1),
        "optimizer.weight_decay": (optimizer.weight_decay, 0),
    }
    for name, (value, minimum) in least.items():
        if value < minimum:
            raise ValueError(f"{name} is {value}; it must be at least {minimum}")
    if data.size < 32 or data.size % 32:
        raise ValueError(f"data.size is {data.size}; it must be a multiple of 32")
    if not 0 <= optimizer.average < 1:
        raise ValueError(f"optimizer.average is {optimizer.average}; it must be in [0, 1)")
    if not optimizer.clip_norm > 0:
        raise ValueError(f"optimizer.clip_norm is {optimizer.clip_norm}; it must be above 0")
    for stage in ("encoder_decoder", "refinement", "joint"):
        _check_schedule(getattr(config, stage), stage, run.steps_per_epoch)


def _check_schedule(schedule: Schedule, name: str, length: int) -> None:
    if schedule.steps % length or not 1 <= schedule.warmup < schedule.steps:
        raise ValueError(
            f"{name}.steps is {schedule.steps} and {name}.warmup {schedule.warmup}; steps must be "
            f"a multiple of run.steps_per_epoch ({length}), and warmup at least 1 and less than "
            "steps"
        )
    if not schedule.learning_rate > 0:
        raise ValueError(f"{name}.learning_rate is {schedule.learning_rate}; it must be above 0")


def _flatten(config: dict[str, Any]) -> dict[str, Any]:
    return {
        f"{table}.{key}": value for table, keys in config.items() for key, value in keys.items()
    }
