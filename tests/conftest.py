"""Settings and fixtures for all tests."""

import os
from pathlib import Path

import pytest

# Before anything imports Keras, which reads it once.
os.environ.setdefault("KERAS_BACKEND", "jax")
# The networks under test run once or twice: compiling them well would take longer than running.
os.environ.setdefault("JAX_DISABLE_MOST_OPTIMIZATIONS", "1")

FIXTURES = Path(__file__).parent / "fixtures"


@pytest.fixture(scope="session")
def golden_path():
    """Inputs, and the outputs that three runtimes agreed on within 3e-6."""
    return FIXTURES / "golden" / "atnet-vgg16.npz"


@pytest.fixture(scope="session")
def optional_data():
    """The folder named by ATNET_DATA: validation scenes and float weights, not redistributable."""
    folder = os.environ.get("ATNET_DATA")
    if not folder:
        pytest.skip("ATNET_DATA is not set: optional data, see CONTRIBUTING.md")
    return Path(folder)
