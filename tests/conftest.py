"""Settings and fixtures for all tests."""

import os
from pathlib import Path

import pytest

# Before anything imports Keras, which reads it once.
os.environ.setdefault("KERAS_BACKEND", "jax")
# What computes the same on every machine; other engines are asked for by name.
os.environ.setdefault("ATNET_ENGINE", "onnxruntime")
# The networks under test run once or twice: compiling them well would take longer than running.
os.environ.setdefault("JAX_DISABLE_MOST_OPTIMIZATIONS", "1")
os.environ.setdefault(
    "XLA_FLAGS", "--xla_cpu_use_fusion_emitters=false --xla_cpu_parallel_codegen_split_count=1"
)
# Many tests make the same network, in processes of their own: each compiles what none has before.
TESTS = Path(__file__).parent
os.environ.setdefault("JAX_COMPILATION_CACHE_DIR", str(TESTS.parent / ".pytest_cache" / "compiled"))
os.environ.setdefault("JAX_PERSISTENT_CACHE_MIN_COMPILE_TIME_SECS", "0")

FIXTURES = TESTS / "fixtures"
LONGEST = ("test_trainer.py", "test_export.py", "test_atnet.py", "test_footprint.py")


def pytest_collection_modifyitems(items):
    """Begins with the files that take longest, so that no worker ends alone with one of them."""
    items.sort(key=lambda item: item.path.name not in LONGEST)


@pytest.fixture(scope="session")
def golden_folder():
    """For each shipped model inputs, and what Keras made of them with its float32 weights."""
    return FIXTURES / "golden"


@pytest.fixture(scope="session")
def optional_data():
    """The folder named by ATNET_DATA: validation scenes and float weights, not redistributable."""
    folder = os.environ.get("ATNET_DATA")
    if not folder:
        pytest.skip("ATNET_DATA is not set: optional data, see CONTRIBUTING.md")
    return Path(folder)
