"""The network in Keras 3: encoders, attention transfer decoder, refinement, export."""

from atnet.models.atnet import ATNet as ATNet
from atnet.models.weights import load_network as load_network
