import keras
from keras import layers

from atnet.models.atnet import ATNet
from atnet.models.normalisation import normalisations


def test_normalisation_is_found_within_models_and_layers():
    inner = keras.Sequential([layers.Input((4,)), layers.BatchNormalization(name="inner")])
    model = keras.Sequential([layers.Input((4,)), layers.BatchNormalization(name="outer"), inner])
    assert {layer.name for layer in normalisations(model)} == {"inner", "outer"}


def test_the_networks_own_are_those_behind_fusions_and_in_the_head():
    names = [layer.name for layer in normalisations(ATNet("vgg16"))]
    assert sorted(names) == ["bn", *["fuse_bn"] * 5]
