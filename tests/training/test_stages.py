import keras
import numpy as np
import pytest

import small_run  # noqa: F401  (registers the small encoder)
from atnet.models.atnet import ATNet
from atnet.models.normalisation import normalisations
from atnet.training.batches import batch_from_bytes
from atnet.training.config import LossWeights
from atnet.training.losses import MattingLoss
from atnet.training.stages import SILENT, STAGES, StageModel, previous_stage

pytestmark = pytest.mark.backend

SIZE = 32


def examples(seed=0, count=2):
    """Soft-edged squares over backgrounds of another brightness."""
    rng = np.random.default_rng(seed)
    ramp = np.clip(np.linspace(-1, 2, SIZE), 0, 1)
    alpha = np.broadcast_to(ramp[None, :, None, None], (count, SIZE, SIZE, 1))
    foreground = rng.uniform(0.6, 1, (count, SIZE, SIZE, 3))
    background = rng.uniform(0, 0.4, (count, SIZE, SIZE, 3))
    image = alpha * foreground + (1 - alpha) * background
    trimap = np.where(alpha <= 0, 0, np.where(alpha >= 1, 1, 128 / 255))
    floats = {
        "image": image, "trimap": trimap, "alpha": alpha,
        "foreground": foreground, "background": background,
    }  # fmt: skip
    samples = {key: np.rint(value * 255).astype(np.uint8) for key, value in floats.items()}
    inputs = {key: samples.pop(key) for key in ("image", "trimap")}
    return inputs, samples


def weights(part):
    return [np.asarray(keras.ops.convert_to_numpy(variable.value)) for variable in part.weights]


@pytest.fixture(scope="module")
def refined():
    """A network before and after its refinement was trained, and what training said."""
    keras.utils.set_random_seed(0)
    network = ATNet("small", width="half")
    model = StageModel(network, STAGES["refinement"], MattingLoss(LossWeights()))
    model.compile(optimizer=keras.optimizers.Adam(1e-2))
    inputs, targets = examples()
    before = {layer.name: weights(layer) for layer in network.layers}
    first = model.evaluate(inputs, targets, batch_size=2, verbose=SILENT, return_dict=True)
    model.fit(inputs, targets, batch_size=2, epochs=30, shuffle=False, verbose=SILENT)
    last = model.evaluate(inputs, targets, batch_size=2, verbose=SILENT, return_dict=True)
    return network, model, before, first, last


def test_refinement_lowers_the_loss(refined):
    *_, first, last = refined
    assert last["loss"] < 0.8 * first["loss"]
    assert last["sad"] < first["sad"]


def test_stored_normalisation_stays_as_the_weights_brought_it():
    """The convolutions around it learn."""
    network = ATNet("small", width="half")
    model = StageModel(
        network, STAGES["joint"], MattingLoss(LossWeights()), stored_normalisation=True
    )
    model.compile(optimizer=keras.optimizers.Adam(1e-2))
    parts = normalisations(network)
    before, kernel = [weights(part) for part in parts], weights(network.get_layer("head").conv)
    inputs, targets = examples()
    model.fit(inputs, targets, batch_size=2, epochs=2, shuffle=False, verbose=SILENT)
    for part, stored in zip(parts, before, strict=True):
        for value, expected in zip(weights(part), stored, strict=True):
            np.testing.assert_array_equal(value, expected)
    assert np.abs(weights(network.get_layer("head").conv)[0] - kernel[0]).max() > 1e-3


def test_refinement_leaves_the_first_stage_alone(refined):
    """Its batch normalisation, too, keeps the statistics it has."""
    network, _, before, *_ = refined
    changed = {
        layer.name
        for layer in network.layers
        for old, new in zip(before[layer.name], weights(layer), strict=True)
        if not (old == new).all()
    }
    assert changed == {"refinement"}


def test_the_loss_and_its_measures_are_those_of_the_result(refined):
    network, _, _, _, last = refined
    inputs, targets = examples()
    batch = batch_from_bytes(inputs, targets)
    alpha = network.predict_on_batch({"image": batch.image, "trimap": batch.trimap})["alpha"]
    expected = MattingLoss(LossWeights())(keras.ops.convert_to_tensor(alpha), batch)
    for name in ("alpha", "composition", "laplacian"):
        assert last[name] == pytest.approx(float(expected[name]), rel=1e-4)
    assert last["loss"] == pytest.approx(float(expected["total"]), rel=1e-4)
    unknown = inputs["trimap"] == 128
    error = (alpha - targets["alpha"] / 255)[unknown]
    assert last["sad"] == pytest.approx(np.abs(error).sum() / len(alpha) / 1000, rel=1e-4)
    assert last["mse"] == pytest.approx(np.square(error).mean(), rel=1e-4)


def test_the_joint_loss_looks_at_both_alphas(refined):
    """Half as much at the coarse one, which refinement would otherwise leave to itself."""
    loss = MattingLoss(LossWeights())
    model = StageModel(refined[0], STAGES["joint"], loss)
    inputs, targets = examples()
    batch = batch_from_bytes(inputs, targets)
    coarse, alpha = (0.9 * batch.alpha, 0.7 * batch.alpha)
    found = model.compute_loss(inputs, targets, {"coarse_alpha": coarse, "alpha": alpha})
    parts = [float(loss(prediction, batch)["total"]) for prediction in (coarse, alpha)]
    assert min(parts) > 0.01
    assert float(found) == pytest.approx(0.5 * parts[0] + parts[1], rel=1e-6)


@pytest.mark.parametrize(
    ("stage", "trained"),
    [
        ("encoder-decoder", {"encoder", "decoder", "head"}),
        ("refinement", {"refinement"}),
        ("joint", {"encoder", "decoder", "head", "refinement"}),
    ],
)
def test_each_stage_trains_its_parts(refined, stage, trained):
    network = refined[0]
    StageModel(network, STAGES[stage], MattingLoss(LossWeights()))
    assert {layer.name for layer in network.layers if layer.trainable_weights} == trained


def test_a_stage_starts_from_the_one_before():
    assert previous_stage("encoder-decoder") is None
    assert previous_stage("refinement") == "encoder-decoder"
    assert previous_stage("joint") == "refinement"
