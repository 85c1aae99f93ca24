import keras
import numpy as np
import pytest

import reference
from atnet.models.calibration import noise_images, with_unit_deviations

RNG = np.random.default_rng(0)
CHANNELS = (6, 8, 5)


@pytest.fixture(scope="module")
def encoder():
    """VGG16 in small: two convolutions, pooling, one more."""
    x = inputs = keras.Input((None, None, 4))
    for block, channels in enumerate(CHANNELS):
        x = keras.layers.Conv2D(
            channels, 3, padding="same", activation="relu", name=f"conv{block}"
        )(x)
        if block == 1:
            x = keras.layers.MaxPooling2D(2)(x)
    return keras.Model(inputs, x)


@pytest.fixture
def arrays():
    """Kernels whose features grow and biases that matter, as VGG16's."""
    weights = {}
    for block, (fan_in, channels) in enumerate(zip((4, *CHANNELS[:-1]), CHANNELS, strict=True)):
        weights[f"conv{block}/kernel"] = RNG.normal(0, 2, (3, 3, fan_in, channels))
        weights[f"conv{block}/bias"] = RNG.normal(0, 10, channels)
    return weights


def outputs(arrays, x):
    """What every convolution gives before its ReLU, in plain NumPy."""
    results = []
    for block in range(len(CHANNELS)):
        y = reference.conv(x, arrays[f"conv{block}/kernel"], arrays[f"conv{block}/bias"])
        results.append(y)
        x = np.maximum(y, 0)
        if block == 1:
            batch, height, width, channels = x.shape
            x = x.reshape(batch, height // 2, 2, width // 2, 2, channels).max(axis=(2, 4))
    return results


@pytest.mark.backend
def test_every_convolution_varies_by_one(encoder, arrays):
    images = noise_images(2, 32)
    scaled = with_unit_deviations(encoder, arrays, images)
    for output in outputs(scaled, images):
        assert output.std() == pytest.approx(1, rel=1e-4)


def test_features_change_by_one_positive_factor_each(encoder, arrays):
    scaled = with_unit_deviations(encoder, arrays, noise_images(1, 32))
    images = RNG.normal(size=(1, 8, 12, 4))
    for output, original in zip(outputs(scaled, images), outputs(arrays, images), strict=True):
        factor = output.std() / original.std()
        assert not 0.5 < factor < 2
        np.testing.assert_allclose(output, factor * original, atol=1e-4)


def test_the_given_arrays_stay_as_they_are(encoder, arrays):
    before = {name: array.copy() for name, array in arrays.items()}
    with_unit_deviations(encoder, arrays, noise_images(1, 32))
    for name, array in before.items():
        np.testing.assert_array_equal(arrays[name], array)


@pytest.mark.parametrize("shape", [(0, 32, 32, 4), (1, 32, 31, 4), (1, 32, 32, 3), (32, 32, 4)])
def test_images_of_another_shape_are_refused(encoder, arrays, shape):
    with pytest.raises(ValueError, match="expected network inputs"):
        with_unit_deviations(encoder, arrays, np.zeros(shape))


def test_an_output_that_does_not_vary_is_named(encoder, arrays):
    arrays["conv1/kernel"][:] = 0
    arrays["conv1/bias"][:] = 3
    with pytest.raises(ValueError, match="conv1 gives a constant"):
        with_unit_deviations(encoder, arrays, noise_images(1, 32))


def test_noise_is_reproducible_and_says_nothing_of_the_trimap():
    images = noise_images(2, 64, seed=3)
    np.testing.assert_array_equal(images, noise_images(2, 64, seed=3))
    assert not np.array_equal(images, noise_images(2, 64, seed=4))
    np.testing.assert_array_equal(images[..., 3], 0)


def test_noise_varies_as_photographs_do():
    colours = noise_images(8, 64)[..., :3].astype("float64")
    np.testing.assert_allclose(colours.mean(axis=(0, 1, 2)), 0, atol=1e-6)
    np.testing.assert_allclose(colours.std(axis=(0, 1, 2)), 1, atol=0.15)
    correlation = np.corrcoef(colours.reshape(-1, 3).T)
    np.testing.assert_allclose(correlation[np.triu_indices(3, 1)], 0.75, atol=0.12)
    # Amplitude against frequency, both logarithmic, along a row: a line of slope -1.4.
    amplitude = np.sqrt((np.abs(np.fft.rfft2(colours[..., 0])) ** 2).mean(axis=0))[0]
    frequencies = np.arange(2, 30)
    slope = np.polyfit(np.log(frequencies), np.log(amplitude[frequencies]), 1)[0]
    assert slope == pytest.approx(-1.4, abs=0.2)
