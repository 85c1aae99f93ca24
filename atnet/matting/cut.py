"""Cuts an exported network behind its last look at the whole picture.

The channel gate of the last attention transfer module takes a mean over the picture. Behind it
come convolutions at full size that see a few pixels around each: they need not run where alpha is
known. `atnet.matting.blocks` runs the parts.
"""

from collections.abc import Sequence
from typing import Any, NamedTuple

from atnet.matting.onnx_file import extract, read_onnx

_LOCAL = {"Add", "Concat", "Conv", "DepthToSpace", "Mul", "Relu", "Sigmoid", "Transpose"}
"""Operators that see no further than a convolution's kernel."""


class Seam(NamedTuple):
    """Where a network is cut: names of the tensors between its parts.

    Attributes:
        features: The decoder's, at half size.
        skip: The encoder's, at full size.
        context: What the channel gate takes.
        reach: How many pixels around each the part behind sees, an even number.
    """

    features: str
    skip: str
    context: str
    reach: int


class Parts(NamedTuple):
    """A network in three models.

    Attributes:
        head: From `image` and `trimap` to features `(1, C, H/2, W/2)` and skip `(1, S, H, W)`.
        gate: From the mean of features `(1, C, 1, 1)` to the mean context `(1, D, 1, 1)`.
        tail: From image, trimap, features, skip and context to `alpha`, for any part of the
            picture.
        seam: Between them.
    """

    head: bytes
    gate: bytes
    tail: bytes
    seam: Seam


def cut(model: bytes) -> Parts | None:
    """Cuts a network in parts.

    Args:
        model: An ONNX file.

    Returns:
        The parts; `None` if it does not end as ATNet does.

    Raises:
        RuntimeError: It is no ONNX model.

    Example:
        >>> from atnet.matting.presets import read_model
        >>> cut(read_model("atnet-lite")).seam.reach
        8
    """
    whole = read_onnx(model)
    seam = _find_seam(whole.graph.node)
    if seam is None:
        return None
    features, skip, context, _ = seam
    return Parts(
        extract(whole, ["image", "trimap"], [features, skip]),
        extract(whole, [features], [context]),
        extract(whole, ["image", "trimap", features, skip, context], ["alpha"]),
        seam,
    )


def _find_seam(nodes: Sequence[Any]) -> Seam | None:
    makers = {name: node for node in nodes for name in node.output}
    mean = next((node for node in reversed(nodes) if node.op_type == "ReduceMean"), None)
    enlarge = makers.get(mean.input[0]) if mean else None
    expand = makers.get(enlarge.input[0]) if enlarge else None
    if not (mean and enlarge and expand):
        return None
    if (enlarge.op_type, expand.op_type) != ("DepthToSpace", "Conv"):
        return None
    features, behind = expand.input[0], _descendants(nodes, {expand.input[0]})
    tail = [node for node in nodes if behind.issuperset(node.output) and node is not mean]
    before = _descendants(nodes, {"image", "trimap"}) - behind - {features}
    skips = before.intersection(name for node in tail for name in node.input)
    if len(skips) != 1 or not all(_is_local(node) for node in tail):
        return None
    reach = _reach(tail)
    return Seam(features, skips.pop(), mean.output[0], reach + reach % 2)


def _descendants(nodes: Sequence[Any], names: set[str]) -> set[str]:
    """Names of all that is computed from some tensors; nodes come in the order of computing."""
    found: set[str] = set()
    for node in nodes:
        if (names | found).intersection(node.input):
            found.update(node.output)
    return found


def _is_local(node: Any) -> bool:
    """Whether an operator sees as far to all sides, and gives as many pixels as it takes."""
    said = {attribute.name: list(attribute.ints) for attribute in node.attribute}
    kernel = said.get("kernel_shape", [1, 1])
    return (
        node.op_type in _LOCAL
        and {*said.get("strides", [1]), *said.get("dilations", [1])} == {1}
        and all(side % 2 for side in kernel)
        and said.get("pads", [0] * 4) == [side // 2 for side in kernel] * 2
    )


def _reach(nodes: Sequence[Any]) -> int:
    """How many pixels around each some operators see, one behind another."""
    seen: dict[str, int] = {}
    for node in nodes:
        kernel = [side for one in node.attribute if one.name == "kernel_shape" for side in one.ints]
        before = max(seen.get(name, 0) for name in node.input)
        seen[node.output[0]] = before + max(kernel, default=1) // 2
    return max(seen.values())
