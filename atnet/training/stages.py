"""The three stages of training: what each one trains, and on which outputs its loss looks."""

from dataclasses import dataclass
from typing import Any

import keras
from keras import ops

from atnet.models.atnet import ATNet
from atnet.models.normalisation import normalisations
from atnet.training.batches import Batch, batch_from_bytes, floats_from_bytes, unknown_weight
from atnet.training.config import StageName
from atnet.training.losses import MattingLoss

SILENT: Any = 0
"""For `verbose`, which Keras documents as a number and annotates as a string."""


@dataclass(frozen=True)
class Stage:
    """A stage of training.

    Attributes:
        frozen: Parts of the network that keep their weights; their batch normalisation uses its
            stored statistics and leaves them alone.
        outputs: Outputs of the network that the loss looks at, with their weights; the last one is
            what validation measures.
    """

    frozen: tuple[str, ...]
    outputs: dict[str, float]

    @property
    def result(self) -> str:
        """Name of the output that the stage is there for."""
        return list(self.outputs)[-1]


STAGES: dict[StageName, Stage] = {
    "encoder-decoder": Stage(frozen=("refinement",), outputs={"coarse_alpha": 1.0}),
    "refinement": Stage(frozen=("encoder", "decoder", "head"), outputs={"alpha": 1.0}),
    "joint": Stage(frozen=(), outputs={"coarse_alpha": 0.5, "alpha": 1.0}),
}
"""Xu et al. 2017 train in these three; the original ATNet has the first two."""


def previous_stage(name: StageName) -> StageName | None:
    """Names the stage whose weights a stage starts from.

    Example:
        >>> previous_stage("refinement")
        'encoder-decoder'
    """
    names = list(STAGES)
    position = names.index(name)
    return names[position - 1] if position else None


class StageModel(keras.Model):
    """Wraps a network for `fit`: bytes come in, the stage's loss and its measures come out.

    The measures of the stage's result are the loss's terms, unweighted, and the errors that papers
    report, over the unknown pixels of the crops: `sad` in thousands a crop, and `mse`.

    Args:
        network: The network; parts that the stage freezes become untrainable.
        stage: What to train.
        loss: The terms.
        stored_normalisation: Whether all normalisation keeps to its stored statistics, as it does
            in frozen parts.

    Call arguments:
        inputs: Dict of `image` and `trimap`, uint8 as the pipeline yields them.
    """

    def __init__(
        self,
        network: ATNet,
        stage: Stage,
        loss: MattingLoss,
        *,
        stored_normalisation: bool = False,
        **kwargs: Any,
    ):
        super().__init__(**kwargs)
        self.network = network
        self.stage = stage
        self.matting_loss = loss
        for layer in network.layers:
            layer.trainable = layer.name not in stage.frozen
        if stored_normalisation:
            for layer in normalisations(network):
                layer.trainable = False
        self.measures = {name: keras.metrics.Mean(name) for name in (*loss.names, "sad", "mse")}

    def call(self, inputs, training=None):
        """Runs the network on floats made from the bytes."""
        return self.network(floats_from_bytes(inputs), training=training)

    def compute_loss(
        self, x: Any = None, y: Any = None, y_pred: Any = None, sample_weight=None, training=True
    ):
        """Sums the loss over the stage's outputs."""
        del sample_weight, training
        batch = batch_from_bytes(x, y)
        losses = {name: self.matting_loss(y_pred[name], batch) for name in self.stage.outputs}
        measured = losses[self.stage.result] | _errors(y_pred[self.stage.result], batch)
        for name, measure in self.measures.items():
            measure.update_state(measured[name])
        return sum(weight * losses[name]["total"] for name, weight in self.stage.outputs.items())


def _errors(prediction: Any, batch: Batch) -> dict[str, Any]:
    unknown = unknown_weight(batch)
    error = (prediction - batch.alpha) * unknown
    absolute, square, count = (ops.sum(x) for x in (ops.abs(error), ops.square(error), unknown))
    return {
        "sad": ops.divide(absolute, 1000 * error.shape[0]),
        "mse": ops.divide(square, ops.maximum(count, 1)),
    }
