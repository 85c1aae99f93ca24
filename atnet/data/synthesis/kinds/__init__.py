"""One module for each kind of thing; each has `draw(rng, size, texture)`."""

from collections.abc import Callable

import numpy as np

from atnet.data.synthesis.kinds import (
    basket,
    feather,
    flag,
    foliage,
    fur,
    glass,
    hair,
    lace,
    net,
    seed_head,
    smoke,
    solids,
    strands,
    veil,
    web,
    wheel,
)  # fmt: skip
from atnet.data.synthesis.raster import Layer
from atnet.data.synthesis.textures import Texture

Draw = Callable[[np.random.Generator, int, Texture], Layer]

_MODULES = (
    basket, feather, flag, foliage, fur, glass, hair, lace, net, seed_head, smoke, solids, strands,
    veil, web, wheel,
)  # fmt: skip
KINDS: dict[str, Draw] = {module.__name__.rpartition(".")[2]: module.draw for module in _MODULES}
"""Name of a kind to the function that draws one; of equal chance each."""
