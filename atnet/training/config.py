"""What a training run is told: a TOML file becomes checked, frozen tables."""

import tomllib
from collections.abc import Sequence
from functools import reduce
from pathlib import Path
from typing import Annotated, Any, Literal, Self

from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    NonNegativeFloat,
    NonNegativeInt,
    PlainSerializer,
    PositiveFloat,
    PositiveInt,
    ValidationError,
    model_validator,
)
from pydantic_core import ErrorDetails

from atnet.training.overrides import apply_changes


def _absolute(folder: Path | str) -> str:
    """Spells a folder in one way only; no folder stays none."""
    return "" if folder == "" else str(Path(folder).resolve())


_Resolved = PlainSerializer(_absolute, return_type=str, when_used="json")
Folder = Annotated[Path, Field(strict=False), _Resolved]  # TOML has no paths
_RULES = {"model_type": "it must be a table", "path_type": "it must be a string"}
"""In TOML's words what pydantic says in Python's."""
StageName = Literal["encoder-decoder", "refinement", "joint"]
"""Stages in the order in which they are trained."""
SCHEDULES: dict[StageName, str] = {
    "encoder-decoder": "encoder_decoder",
    "refinement": "refinement",
    "joint": "joint",
}
"""Tables of the stages' schedules."""


class Table(BaseModel):
    """Refuses keys it does not know, and values of another type or out of range."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True, allow_inf_nan=False)


class Data(Table):
    """Where samples come from.

    Attributes:
        folder: Data set in the original's layout: `fg`, `mask`, `bg`, and the same with `_test`.
        backgrounds: Another folder of training backgrounds; empty for `bg`.
        size: Side of the crops in pixels, a multiple of 32.
        batch: Samples in a batch, on all devices together.
        workers: Processes that make samples; 0 makes them in the training process.
        seed: Of the samples and of the initial weights.
        validation_share: Of training foregrounds and backgrounds, set aside for validation and
            never trained on; 0 validates on the test part.
    """

    folder: Folder = Path("data")
    backgrounds: Annotated[str, _Resolved] = ""
    size: Annotated[PositiveInt, Field(multiple_of=32)] = 384
    batch: PositiveInt = 16
    workers: NonNegativeInt = 2
    seed: NonNegativeInt = 0
    validation_share: Annotated[float, Field(ge=0, lt=1)] = 0.0


class Network(Table):
    """What is trained, and what it starts from.

    Attributes:
        encoder: `vgg16`, `resnet50`, `mobilenet_v2` or `efficientnet_lite0`.
        decoder: `attention_transfer`, the project's own, or `original`, the released topology.
        width: `full`, or `half` of the channels.
        fusion: `add`, or `winner` for the original's attention exactly as released; `released`
            to train its own weights on.
        attention: `full`, or for ablation `channel`, `spatial` or `none`.
        upsampling: `scale_transfer`, or for ablation `bilinear` or `transposed`.
        refinement: Whether there is the network that the stages behind the first one train.
        encoder_weights: `imagenet`, an .npz archive of ImageNet weights, or `none`.
        weights: What to start from where no stage before this one has left its best weights in
            `run.folder`: a shipped model's name, or a file as `load_network` takes it.
        normalisation: `batch`: by the statistics of each batch; `stored`: by those that the weights
            bring, which stay as they are, for weights out of an exported file or few samples.
        features: VGG16 for the perceptual loss: `imagenet`, an .npz archive, or `random`.
        precision: `float32`, or `mixed_bfloat16` for accelerators.
    """

    encoder: str = "vgg16"
    decoder: Literal["attention_transfer", "original"] = "attention_transfer"
    width: Literal["full", "half"] = "full"
    fusion: Literal["add", "winner", "released"] = "add"
    attention: Literal["full", "channel", "spatial", "none"] = "full"
    upsampling: Literal["scale_transfer", "bilinear", "transposed"] = "scale_transfer"
    refinement: bool = True
    encoder_weights: str = "imagenet"
    weights: str = ""
    normalisation: Literal["batch", "stored"] = "batch"
    features: str = "imagenet"
    precision: Literal["float32", "mixed_bfloat16"] = "float32"

    @property
    def architecture(self) -> dict[str, Any]:
        """Arguments of `ATNet`."""
        parts = {"encoder", "decoder", "width", "fusion", "attention", "upsampling", "refinement"}
        return self.model_dump(include=parts)


class LossWeights(Table):
    """Weights of the losses' components; one of weight 0 is not computed.

    The perceptual loss is of a kind: `relative`, the project's own, or `released`, the original's.

    Raises:
        ValueError: A weight is negative or not finite, or all are 0.
    """

    alpha: NonNegativeFloat = 1.0
    composition: NonNegativeFloat = 1.0
    perceptual: NonNegativeFloat = 0.0
    laplacian: NonNegativeFloat = 0.25
    perceptual_kind: Literal["relative", "released"] = "relative"

    @property
    def weights(self) -> dict[str, float]:
        """Weights above 0 by component."""
        return {name: weight for name, weight in self if weight and name != "perceptual_kind"}

    @model_validator(mode="after")
    def _check(self) -> Self:
        if not self.weights:
            raise ValueError("all weights are 0; set at least one above 0, such as alpha = 1")
        return self


class Optimizer(Table):
    """AdamW and what is done around it.

    Attributes:
        weight_decay: Of kernels.
        clip_norm: Largest norm of all gradients together.
        average: Momentum of the moving average of weights, which is validated and kept.
    """

    weight_decay: NonNegativeFloat = 1e-3
    clip_norm: PositiveFloat = 1.0
    average: Annotated[float, Field(ge=0, lt=1)] = 0.999


class Schedule(Table):
    """Length and rates of a stage.

    Attributes:
        steps: Batches; a multiple of `run.steps_per_epoch`.
        learning_rate: After the warm-up; falls to 2 % along half a cosine.
        warmup: Steps in which it rises from zero.
    """

    steps: PositiveInt = 20_000
    learning_rate: PositiveFloat = 2e-4
    warmup: PositiveInt = 300

    @model_validator(mode="after")
    def _check(self) -> Self:
        if self.warmup >= self.steps:
            raise ValueError(
                f"warmup is {self.warmup} and steps {self.steps}; warmup must be less than steps"
            )
        return self


class Run(Table):
    """What is written, and how often.

    Attributes:
        folder: Holds a folder for each stage.
        steps_per_epoch: Steps between validations; each ends with a checkpoint.
        samples: Validation samples, always the same ones.
        keep: Latest checkpoints that are kept beside the best one.
    """

    folder: Folder = Path("runs")
    steps_per_epoch: PositiveInt = 500
    samples: PositiveInt = 64
    keep: PositiveInt = 2


class Config(Table):
    """Everything a run depends on; the TOML file has one table for each attribute."""

    data: Data = Data()
    network: Network = Network()
    loss: LossWeights = LossWeights()
    optimizer: Optimizer = Optimizer()
    run: Run = Run()
    encoder_decoder: Schedule = Schedule()
    refinement: Schedule = Schedule(steps=5_000, learning_rate=1e-4)
    joint: Schedule = Schedule(steps=5_000, learning_rate=5e-5)

    @model_validator(mode="after")
    def _check(self) -> Self:
        """Stages that the file does not speak of may never be trained."""
        for stage, table in SCHEDULES.items():
            if table in self.model_fields_set:
                self.schedule(stage)
        return self

    def schedule(self, stage: StageName) -> Schedule:
        """Returns the schedule of a stage.

        Raises:
            ValueError: Its epochs do not come out even.
        """
        table, epoch = SCHEDULES[stage], self.run.steps_per_epoch
        schedule: Schedule = getattr(self, table)
        if schedule.steps % epoch:
            raise ValueError(
                f"{table}.steps is {schedule.steps}; it must be a multiple of run.steps_per_epoch, "
                f"which is {epoch}"
            )
        return schedule


def read_config(path: Path | None, changes: Sequence[str] = ()) -> Config:
    """Reads a TOML file; what it leaves out keeps its default.

    Args:
        path: The file, or `None` for the defaults.
        changes: What counts more than the file: `table.key=value`, the value as in TOML, where text
            need not be quoted.

    Returns:
        The checked configuration.

    Raises:
        ValueError: Not TOML; an unknown table or key; a value of the wrong type or out of range; a
            change of another form.

    Example:
        >>> read_config(None, ["refinement.steps=1000", "data.folder=mine"]).refinement.steps
        1000
    """
    origin = "" if path is None else f"{path}: "
    try:
        tables = {} if path is None else tomllib.loads(path.read_text(encoding="utf-8"))
        return Config.model_validate(_with_defaults(apply_changes(tables, changes)))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ValueError(f"{origin}is not TOML: {error}") from error
    except ValidationError as error:
        raise ValueError(f"{origin}{'; '.join(map(_problem, error.errors()))}") from error


def as_dictionary(config: Config) -> dict[str, Any]:
    """Turns a configuration into what JSON can hold; its folders are absolute."""
    return config.model_dump(mode="json")


def _with_defaults(tables: dict[str, Any]) -> dict[str, Any]:
    """Completes each table from its own defaults: the schedules' differ from stage to stage."""
    defaults = Config().model_dump()
    return {
        name: {**defaults.get(name, {}), **keys} if isinstance(keys, dict) else keys
        for name, keys in tables.items()
    }


def _problem(error: ErrorDetails) -> str:
    """Words a mistake as we do: the key, what was received, what is allowed."""
    name = ".".join(map(str, error["loc"]))
    if error["type"] == "extra_forbidden":
        table = reduce(getattr, map(str, error["loc"][:-1]), Config())
        return f"unknown {name}; allowed are {', '.join(type(table).model_fields)}"
    if error["type"] == "value_error":  # of a check of ours, on several keys
        return (f"{name}: " if name else "") + error["msg"].removeprefix("Value error, ")
    rule = _RULES.get(error["type"], error["msg"].replace("Input should", "it must"))
    return f"{name} is {error['input']!r}; {rule}"
