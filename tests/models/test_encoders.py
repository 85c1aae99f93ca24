import numpy as np
import pytest

from atnet.models.encoders import BACKBONES, SKIP_CHANNELS, build_encoder

BOTTOM_CHANNELS = {
    "vgg16": 512,
    "resnet50": 2048,
    "mobilenet_v2": 320,
    "efficientnet_lite0": 320,
}


@pytest.fixture(scope="module", params=BOTTOM_CHANNELS)
def encoder(request):
    return request.param, build_encoder(request.param)


def test_every_encoder_is_tested():
    assert set(BACKBONES) - {"small"} == set(BOTTOM_CHANNELS)


@pytest.mark.backend
def test_five_skips_and_the_bottom(encoder):
    name, model = encoder
    features = model.predict_on_batch(np.zeros((1, 64, 96, 4), "float32"))
    shapes = {key: tuple(value.shape) for key, value in features.items()}
    expected = {
        f"level{level}": (1, 64 >> (level - 1), 96 >> (level - 1), channels)
        for level, channels in enumerate(SKIP_CHANNELS, start=1)
    }
    assert shapes == {**expected, "bottom": (1, 2, 3, BOTTOM_CHANNELS[name])}


def test_the_trimap_reaches_every_feature(encoder):
    _, model = encoder
    rng = np.random.default_rng(0)
    inputs = rng.normal(size=(1, 64, 64, 4)).astype("float32")
    changed = inputs.copy()
    changed[..., 3] += 1
    before, after = model.predict_on_batch(inputs), model.predict_on_batch(changed)
    for key in before:
        assert np.abs(before[key] - after[key]).max() > 0, key


def test_pooled_skips_are_one_level_coarser():
    entering = build_encoder("vgg16").compute_output_shape((1, 64, 64, 4))
    leaving = build_encoder("vgg16", pooled_skips=True).compute_output_shape((1, 64, 64, 4))
    assert [entering[f"level{n}"][1] for n in (1, 2, 3, 4, 5)] == [64, 32, 16, 8, 4]
    assert [leaving[f"level{n}"][1] for n in (1, 2, 3, 4, 5)] == [32, 16, 8, 4, 2]


def test_lite_has_the_published_number_of_weights():
    """Tan & Le's Lite0 has 4,652,008 parameters, of which 1,693,160 in top and classifier.

    The top is a 1x1 convolution 320 -> 1280 with normalisation (409,600 + 2,560 trainable), the
    classifier 1280 x 1000 + 1000. The fourth channel adds 3 * 3 * 32.
    """
    model = build_encoder("efficientnet_lite0")
    projections = sum(
        np.prod(weight.shape)
        for weight in model.trainable_weights
        if "project" in weight.path
        and weight.path.split("/")[0] in {f"project{n}" for n in range(1, 6)}
    )
    trainable = sum(np.prod(weight.shape) for weight in model.trainable_weights)
    assert trainable - projections == 4_652_008 - (409_600 + 2_560 + 1_281_000) + 3 * 3 * 32


def test_unknown_encoder_is_refused_by_name():
    with pytest.raises(ValueError, match=r"'vgg19'.*vgg16, resnet50"):
        build_encoder("vgg19")
