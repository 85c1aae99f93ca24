import json
import os
import subprocess
import sys
from importlib import util

import pytest

from atnet.models.backend import choose_backend


@pytest.fixture
def home(tmp_path, monkeypatch):
    """An empty home, nothing set, Keras not yet imported, and JAX and PyTorch as if installed."""
    monkeypatch.setenv("KERAS_HOME", str(tmp_path))
    monkeypatch.setenv("KERAS_BACKEND", "")
    monkeypatch.delitem(sys.modules, "keras")
    install(monkeypatch, "jax", "torch")
    return tmp_path


def install(monkeypatch, *names):
    monkeypatch.setattr(util, "find_spec", lambda name: name if name in names else None)


def chosen():
    choose_backend()
    return os.environ["KERAS_BACKEND"]


@pytest.mark.usefixtures("home")
def test_jax_is_taken_before_pytorch(monkeypatch):
    assert chosen() == "jax"
    monkeypatch.setenv("KERAS_BACKEND", "")
    install(monkeypatch, "torch")
    assert chosen() == "torch"


def test_the_users_file_counts_if_it_can(home, monkeypatch):
    """Keras writes TensorFlow into it at the first import, asked or not."""
    (home / "keras.json").write_text(json.dumps({"backend": "tensorflow"}))
    assert chosen() == "jax"
    for content in ("no JSON", "[]", "{}"):
        monkeypatch.setenv("KERAS_BACKEND", "")
        (home / "keras.json").write_text(content)
        assert chosen() == "jax"
    monkeypatch.setenv("KERAS_BACKEND", "")
    (home / "keras.json").write_text(json.dumps({"backend": "torch"}))
    assert chosen() == "torch"


def test_the_variable_counts_most(home, monkeypatch):
    (home / "keras.json").write_text(json.dumps({"backend": "torch"}))
    monkeypatch.setenv("KERAS_BACKEND", "numpy")
    assert chosen() == "numpy"


@pytest.mark.usefixtures("home")
def test_without_any_backend_the_extra_is_named(monkeypatch):
    install(monkeypatch)
    with pytest.raises(ImportError, match=r"neither JAX nor PyTorch.*pip install 'atnet\[train\]'"):
        choose_backend()


def run(code, tmp_path, **environment):
    """In a process of its own, where nothing is set."""
    names = ("KERAS_BACKEND", "KERAS_HOME", "JAX_COMPILATION_CACHE_DIR")
    clean = {name: value for name, value in os.environ.items() if name not in names}
    paths = {"HOME": str(tmp_path), "XDG_CACHE_HOME": str(tmp_path / "cache")}
    subprocess.run([sys.executable, "-c", code], env={**clean, **paths, **environment}, check=True)


@pytest.mark.parametrize("package", ["atnet.models", "atnet.training.losses"])
def test_it_is_chosen_before_keras_is_imported(tmp_path, package):
    run(f"import {package}, keras; assert keras.backend.backend() == 'jax'", tmp_path)


@pytest.mark.parametrize("told", [True, False])
def test_what_is_compiled_is_kept_where_the_user_says(tmp_path, told):
    code = (
        "from atnet.models.backend import keep_compiled; keep_compiled()\n"
        "import keras; keras.layers.Dense(3).build((1, 2))"
    )
    place = tmp_path / "told"
    run(code, tmp_path, **({"JAX_COMPILATION_CACHE_DIR": str(place)} if told else {}))
    kept = tmp_path / "cache" / "atnet" / "compiled"
    assert any(kept.glob("*")) != told
    assert any(place.glob("*")) == told
