"""A training run from configuration to weights; stopped at any moment, it goes on exactly."""

import contextlib
import warnings
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import keras

from atnet.data.training.pipeline import PipelineSettings, batches
from atnet.models.atnet import ATNet
from atnet.models.loading import load_network
from atnet.models.pretrained import load_encoder
from atnet.training import checkpoints
from atnet.training.checks import check_files, naming
from atnet.training.config import (
    SCHEDULES,
    Config,
    Schedule,
    StageName,
    as_dictionary,
)
from atnet.training.dependence import differences
from atnet.training.devices import Process, use_all_devices
from atnet.training.epochs import Epochs, Feed, RunFolder, Validation
from atnet.training.losses import MattingLoss
from atnet.training.perceptual import RELEASED, PerceptualFeatures
from atnet.training.stages import SILENT, STAGES, StageModel, previous_stage

_LAST_RATE = 0.02
_WITHOUT_DECAY = ["bias", "gamma", "beta"]


def train(
    name: StageName,
    config: Config,
    *,
    resume: bool = False,
    process: Process = Process(),  # noqa: B008  (frozen)
    callbacks: Sequence[keras.callbacks.Callback] = (),
) -> dict[str, Any]:
    """Trains a stage.

    Writes to `<run.folder>/<stage>`: `best.npz`, the averaged weights of the best epoch;
    `history.csv`; `checkpoints`; `sheets` with pictures of validation; `tensorboard`.

    Args:
        name: The stage.
        config: Everything the run depends on.
        resume: Go on from the last checkpoint if there is one.
        process: This process's place among several.
        callbacks: Keras callbacks of the caller, such as a progress bar.

    Returns:
        Figures of the best epoch, and `weights`, the path of its weights.

    Raises:
        ValueError: The network lacks what the stage trains; the folder holds another run; data,
            weights or sizes do not fit; the loss is not a number any more (`DivergedError`).
    """
    _check_stage(name, config)
    folder = RunFolder(config.run.folder / name)
    checkpoint = _last_checkpoint(name, config, resume=resume)
    keras.utils.set_random_seed(config.data.seed)
    with _precision(config.network.precision), use_all_devices(config.data.batch):
        epochs = _epochs(folder, config, process, checkpoint)  # reads data: mistakes show early
        model = build(name, config, pretrained=checkpoint is None)
        if checkpoint is not None:
            checkpoints.restore(model, checkpoint)
        folder.path.mkdir(parents=True, exist_ok=True)
        _fit(model, epochs, config.schedule(name), callbacks)
    process.wait()  # for the weights, which one of them writes and all may go on from
    return {**epochs.best, "weights": str(folder.weights)}


def train_stages(
    names: Sequence[StageName],
    config: Config,
    *,
    resume: bool = False,
    process: Process = Process(),  # noqa: B008  (frozen)
    callbacks: Sequence[keras.callbacks.Callback] = (),
) -> dict[StageName, dict[str, Any]]:
    """Connects the processes, then trains stages in turn.

    Args:
        names: The stages, in the order of `STAGES`.
        config: As for `train`, like all that follows.
        resume: A stage that has ended is passed over, one that was stopped goes on.
        process: This process's place among several.
        callbacks: Keras callbacks; they see the stages one after the other.

    Returns:
        For each stage what `train` returns.

    Raises:
        ValueError: As in `train`, but that files are missing, that a stage has nothing to train, or
            that its folder holds another run, is found before the first one begins; several
            processes on another backend than JAX.
    """
    process.connect()
    check_files(config)
    for name in names:
        _check_stage(name, config)
        _last_checkpoint(name, config, resume=resume)
    return {
        name: train(name, config, resume=resume, process=process, callbacks=callbacks)
        for name in names
    }


def build(name: StageName, config: Config, *, pretrained: bool = True) -> StageModel:
    """Builds the compiled model of a stage.

    Args:
        name: The stage.
        config: Of the run.
        pretrained: Load the weights that the stage starts from.

    Returns:
        Model with all its variables and those of its optimiser.
    """
    network = _network(name, config) if pretrained else _untrained(config)
    with naming("network.features"):
        features = _features(config) if config.loss.perceptual else None
    model = StageModel(
        network,
        STAGES[name],
        MattingLoss(config.loss, features),
        stored_normalisation=config.network.normalisation == "stored",
        name=name,
    )
    model.compile(optimizer=_optimizer(config, config.schedule(name)))
    model.optimizer.build(model.trainable_variables)
    return model


def _check_stage(name: StageName, config: Config) -> None:
    """Refuses uneven epochs, and stages that a network without refinement has no use for."""
    config.schedule(name)
    if STAGES[name].result == "alpha" and not config.network.refinement:
        raise ValueError(
            f"network.refinement is false, and stage {name} trains the refinement network: train "
            "encoder-decoder alone, or set network.refinement = true"
        )


def _last_checkpoint(
    name: StageName, config: Config, *, resume: bool
) -> checkpoints.Checkpoint | None:
    """Refuses to overwrite a run, and to go on with what would have made other weights of it."""
    folder = RunFolder(config.run.folder / name)
    checkpoint = checkpoints.latest(folder.checkpoints)
    if checkpoint is None:
        return None
    if not resume:
        raise ValueError(
            f"{folder.path}: holds a run of {checkpoint.step} steps; --resume goes on with it, or "
            "choose another run.folder"
        )
    changed = differences(checkpoint.config, as_dictionary(config), name)
    if changed:
        raise ValueError(
            f"{folder.path}: was begun with another {', '.join(changed)}; a run that goes on keeps "
            "what its result depends on, others need another run.folder"
        )
    _say_extension(name, config, checkpoint)
    return checkpoint


def _say_extension(name: StageName, config: Config, checkpoint: checkpoints.Checkpoint) -> None:
    key, steps = f"{SCHEDULES[name]}.steps", config.schedule(name).steps
    before = checkpoint.config[SCHEDULES[name]]["steps"]
    if steps > before:
        warnings.warn(
            f"{key} grew from {before} to {steps}: from step {checkpoint.step} on, the learning "
            "rate follows the longer schedule, and the result is not that of one long run",
            stacklevel=2,
        )


@contextlib.contextmanager
def _precision(policy: str) -> Iterator[None]:
    before = keras.config.dtype_policy()
    keras.config.set_dtype_policy(policy)
    try:
        yield
    finally:
        keras.config.set_dtype_policy(before)


def _features(config: Config) -> PerceptualFeatures:
    if config.loss.perceptual_kind == "released":
        return PerceptualFeatures(config.network.features, RELEASED, preprocess=False)
    return PerceptualFeatures(config.network.features)


def _untrained(config: Config) -> ATNet:
    return ATNet(**config.network.architecture)


def _network(name: StageName, config: Config) -> ATNet:
    """The network that a stage starts from."""
    settings, earlier = config.network, previous_stage(name)
    weights = RunFolder(config.run.folder / earlier).weights if earlier else None
    if weights is not None and weights.is_file():
        return load_network(weights, **settings.architecture)
    if settings.weights:
        with naming("network.weights"):
            return load_network(settings.weights, **settings.architecture)
    if weights is not None:
        raise ValueError(
            f"{weights}: no such file; train {earlier} first, or name weights to start from as "
            "network.weights"
        )
    network = _untrained(config)
    if settings.encoder_weights != "none":
        with naming("network.encoder_weights"):
            load_encoder(network, settings.encoder_weights)
    return network


def _optimizer(config: Config, schedule: Schedule) -> keras.optimizers.Optimizer:
    rate: Any = keras.optimizers.schedules.CosineDecay(
        initial_learning_rate=0.0,
        decay_steps=schedule.steps - schedule.warmup,
        alpha=_LAST_RATE,
        warmup_target=schedule.learning_rate,
        warmup_steps=schedule.warmup,
    )
    optimizer = keras.optimizers.AdamW(
        rate,
        weight_decay=config.optimizer.weight_decay,
        beta_2=0.99,
        global_clipnorm=config.optimizer.clip_norm,
        use_ema=True,
        ema_momentum=config.optimizer.average,
    )
    optimizer.exclude_from_weight_decay(var_names=_WITHOUT_DECAY)
    return optimizer


def _epochs(
    folder: RunFolder,
    config: Config,
    process: Process,
    checkpoint: checkpoints.Checkpoint | None,
) -> Epochs:
    data = config.data
    training = PipelineSettings(
        data.folder,
        backgrounds=Path(data.backgrounds) if data.backgrounds else None,
        size=data.size,
        batch=data.batch,
        seed=data.seed,
        workers=data.workers,
        shard=(process.index, process.count),
        validation_share=data.validation_share,
    )
    # Photographs of another folder serve validation only where they are set aside.
    backgrounds = training.backgrounds if data.validation_share else None
    validation = replace(training, part="test", backgrounds=backgrounds, workers=0)
    return Epochs(
        folder,
        Validation.draw(validation, config.run.samples),
        Feed(batches(training, checkpoint.step if checkpoint else 0)),
        checkpoint.history if checkpoint else [],
        as_dictionary(config),
        samples=config.run.steps_per_epoch * data.batch,
        writes=process.index == 0,
    )


def _fit(
    model: StageModel,
    epochs: Epochs,
    schedule: Schedule,
    callbacks: Sequence[keras.callbacks.Callback],
) -> None:
    length = epochs.config["run"]["steps_per_epoch"]
    with contextlib.closing(epochs.feed):
        model.fit(
            epochs.feed.batches(),
            steps_per_epoch=length,
            initial_epoch=len(epochs.history),
            epochs=schedule.steps // length,
            callbacks=[epochs, *callbacks],
            shuffle=False,
            verbose=SILENT,
        )
