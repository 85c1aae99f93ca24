"""EfficientNet-Lite0 in PyTorch's names and layout, in plain NumPy."""

import numpy as np

import reference

STAGES = (
    # repeats, kernel size, expansion, channels
    (1, 3, 1, 16),
    (2, 3, 6, 24),
    (2, 5, 6, 40),
    (3, 3, 6, 80),
    (3, 5, 6, 112),
    (4, 5, 6, 192),
    (1, 3, 6, 320),
)


def archive(seed=0):
    """Random arrays in the names and shapes of the PyTorch release, classifier included."""
    rng = np.random.default_rng(seed)
    arrays = {}

    def add_convolution(name, *shape):
        deviation = 1 / np.sqrt(np.prod(shape[1:]))
        arrays[f"{name}.weight"] = rng.normal(0, deviation, shape).astype("float16")

    def add_normalisation(name, channels):
        for weight, low, high in (
            ("weight", 0.5, 2),
            ("bias", -1, 3),
            ("running_mean", -1, 1),
            ("running_var", 0.2, 2),
        ):
            arrays[f"{name}.{weight}"] = rng.uniform(low, high, channels).astype("float32")

    add_convolution("_conv_stem", 32, 3, 3, 3)
    add_normalisation("_bn0", 32)
    number, entering = 0, 32
    for repeats, size, expansion, channels in STAGES:
        for _ in range(repeats):
            name, wide = f"_blocks.{number}", entering * expansion
            if expansion > 1:
                add_convolution(f"{name}._expand_conv", wide, entering, 1, 1)
                add_normalisation(f"{name}._bn0", wide)
            add_convolution(f"{name}._depthwise_conv", wide, 1, size, size)
            add_normalisation(f"{name}._bn1", wide)
            add_convolution(f"{name}._project_conv", channels, wide, 1, 1)
            add_normalisation(f"{name}._bn2", channels)
            number, entering = number + 1, channels
    add_convolution("_conv_head", 1280, 320, 1, 1)
    add_normalisation("_bn1", 1280)
    add_convolution("_fc", 1000, 1280)
    return arrays


def convolution(x, kernel, stride=1):
    """PyTorch's kernel (out, in / groups, h, w) with TensorFlow's padding: more at the far end."""
    groups = x.shape[-1] // kernel.shape[1]
    kernel = np.asarray(kernel, "float64").transpose(2, 3, 1, 0)
    if groups > 1:
        kernel = np.eye(groups)[None, None] * kernel  # depthwise as a diagonal full convolution
    # A stride of 2 on an even size pads one less at the near end: the odd positions remain.
    return reference.conv(x, kernel)[:, stride - 1 :: stride, stride - 1 :: stride]


def normalisation(x, arrays, name):
    weight, bias, mean, variance = (
        arrays[f"{name}.{key}"] for key in ("weight", "bias", "running_mean", "running_var")
    )
    return reference.batch_norm(x, weight, bias, mean, variance, 1e-3)


def block(x, arrays, name, stride):
    for part, norm in (("expand", "_bn0"), ("depthwise", "_bn1"), ("project", "_bn2")):
        if f"{name}._{part}_conv.weight" in arrays:
            kernel = arrays[f"{name}._{part}_conv.weight"]
            x = convolution(x, kernel, stride if part == "depthwise" else 1)
            x = normalisation(x, arrays, f"{name}.{norm}")
            x = x if part == "project" else np.clip(x, 0, 6)
    return x
