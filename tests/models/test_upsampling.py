import numpy as np
import pytest

from atnet.models.upsampling import UPSAMPLING, BilinearBlock, ScaleTransferBlock, TransposedBlock
from helpers import randomise, to_numpy

RNG = np.random.default_rng(0)


def feature(*shape):
    return RNG.normal(size=shape).astype("float32")


def test_scale_transfer_moves_channels_to_pixels_by_hand():
    block = ScaleTransferBlock(1)
    block.build((None, None, None, 4))
    block.set_weights([np.eye(4).reshape(1, 1, 4, 4)])
    magnified = to_numpy(block(np.array([1, 2, 3, 4], "float32").reshape(1, 1, 1, 4)))
    np.testing.assert_array_equal(magnified[0, ..., 0], [[1, 2], [3, 4]])


def test_scale_transfer_adds_no_information():
    """Rearrangement alone: the values are those of the convolution, each exactly once."""
    block = ScaleTransferBlock(3)
    x = feature(2, 3, 5, 4)
    np.testing.assert_array_equal(
        np.sort(to_numpy(block(x)), axis=None), np.sort(to_numpy(block.expand(x)), axis=None)
    )


@pytest.mark.parametrize("name", UPSAMPLING)
def test_height_and_width_are_doubled(name):
    assert UPSAMPLING[name](5)(feature(2, 3, 4, 6)).shape == (2, 6, 8, 5)


def test_bilinear_by_hand():
    """Two new pixels lie a quarter and three quarters of the way from one to the next."""
    block = BilinearBlock(1)
    block.build((None, None, None, 2))
    block.set_weights([np.array([1.0, 10.0]).reshape(1, 1, 2, 1)])
    x = np.array([[0, 0], [4, 0]], "float32").reshape(1, 1, 2, 2)
    magnified = to_numpy(block(x))[0, ..., 0]
    np.testing.assert_allclose(magnified, [[0, 1, 3, 4]] * 2, atol=1e-6)


def test_interpolating_before_the_projection_gives_the_same():
    block, x = BilinearBlock(3), feature(1, 4, 5, 6)
    block(x)
    randomise(block)
    (kernel,) = (to_numpy(weight.value) for weight in block.weights)
    late = to_numpy(block.magnify(x)) @ kernel[0, 0]
    np.testing.assert_allclose(to_numpy(block(x)), late, atol=1e-5)


def test_transposed_by_hand():
    """A single pixel paints the kernel, whose outermost ring is beyond the edge."""
    block = TransposedBlock(1)
    block.build((None, None, None, 1))
    kernel = np.arange(16.0).reshape(4, 4, 1, 1)
    block.set_weights([kernel])
    painted = to_numpy(block(np.full((1, 1, 1, 1), 2, "float32")))[0, ..., 0]
    np.testing.assert_allclose(painted, 2 * kernel[1:3, 1:3, 0, 0])


def test_a_transposed_kernel_of_2_would_be_scale_transfer():
    """Why the rival's kernel is larger."""
    block, x = ScaleTransferBlock(1), feature(1, 3, 4, 5)
    block(x)
    randomise(block)
    (kernel,) = (to_numpy(weight.value)[0, 0] for weight in block.weights)
    painted = np.einsum("hwi,iyx->hywx", x[0], kernel.reshape(5, 2, 2)).reshape(6, 8)
    np.testing.assert_allclose(to_numpy(block(x))[0, ..., 0], painted, atol=1e-5)
