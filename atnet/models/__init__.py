"""The network in Keras 3: encoders, attention transfer decoder, refinement, export."""

from atnet.models.backend import choose_backend

choose_backend()

from atnet.models.atnet import ATNet as ATNet  # noqa: E402  (imports Keras)
from atnet.models.loading import load_network as load_network  # noqa: E402
