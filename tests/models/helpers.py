"""What the tests of the network share."""

import importlib

import keras
import numpy as np


def randomise(layer, seed=0, scale=1.0):
    """Moves every weight off its initial value, kernels by little enough that nothing saturates."""
    rng = np.random.default_rng(seed)
    for variable in layer.weights:
        fan_in = np.prod(variable.shape[:-1]) if len(variable.shape) > 1 else 25
        noise = scale * rng.normal(0, 0.5 / np.sqrt(fan_in), variable.shape)
        value = keras.ops.convert_to_numpy(variable.value)
        positive = "variance" in variable.path
        variable.assign(np.abs(value + noise) + 0.1 * scale if positive else value + noise)


def weights_by_name(layer):
    """Name within its block, such as `channel_gate/kernel`, to float64 values."""
    return {
        "/".join(variable.path.split("/")[-2:]): np.asarray(
            keras.ops.convert_to_numpy(variable.value), np.float64
        )
        for variable in layer.weights
    }


def to_numpy(tensor):
    return np.asarray(keras.ops.convert_to_numpy(tensor))


def example_inputs(height=32, width=64, batch=1, seed=1):
    """An image and a trimap with all three values."""
    rng = np.random.default_rng(seed)
    trimap = np.full((batch, height, width, 1), 0.5, "float32")
    trimap[:, :8] = 0
    trimap[:, -8:] = 1
    return {"image": rng.random((batch, height, width, 3), "float32"), "trimap": trimap}


def gradients(model, inputs):
    """Path of every trainable weight to its gradient of the mean squared alpha."""
    if keras.backend.backend() == "torch":
        model.zero_grad()
        (model(inputs, training=True)["alpha"] ** 2).mean().backward()
        values = [variable.value.grad for variable in model.trainable_variables]
        values = [np.zeros(1) if value is None else value.numpy() for value in values]
    else:
        jax = importlib.import_module("jax")

        def loss(trainable):
            outputs, _ = model.stateless_call(
                trainable, [v.value for v in model.non_trainable_variables], inputs, training=True
            )
            return (outputs["alpha"] ** 2).mean()

        weights = [variable.value for variable in model.trainable_variables]
        values = jax.jit(jax.grad(loss))(weights)
    names = [variable.path for variable in model.trainable_variables]
    return {name: np.asarray(value) for name, value in zip(names, values, strict=True)}
