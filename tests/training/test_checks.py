import numpy as np
import pytest

from atnet.training.checks import check_files
from atnet.training.config import Config, LossWeights, Network, Run


def config(tmp_path, perceptual=0.0, **network):
    return Config(
        network=Network(**network),
        loss=LossWeights(perceptual=perceptual),
        run=Run(folder=tmp_path / "runs" / "mine"),
    )


@pytest.mark.parametrize("key", ["encoder_weights", "weights", "features"])
def test_a_missing_file_is_named_with_its_key(tmp_path, key):
    missing = {key: str(tmp_path / "missing.npz")}
    with pytest.raises(ValueError, match=rf"network\.{key}: .*missing\.npz: no such file"):
        check_files(config(tmp_path, perceptual=1.0, **missing))
    np.savez(tmp_path / "missing.npz", anything=np.zeros(1))
    check_files(config(tmp_path, perceptual=1.0, **missing))


def test_words_stand_for_no_files(tmp_path):
    check_files(config(tmp_path, encoder_weights="none", features="random", weights=""))
    with pytest.raises(ValueError, match=r"network\.weights: preset is 'imagenet2'; allowed are"):
        check_files(config(tmp_path, weights="imagenet2"))


def test_an_exported_network_keeps_its_normalisation(tmp_path):
    """Batches would undo what its kernels have taken up."""
    with pytest.raises(ValueError, match=r'set network\.normalisation = "stored"'):
        check_files(config(tmp_path, weights="atnet-lite"))
    check_files(config(tmp_path, weights="atnet-lite", normalisation="stored"))


def test_features_do_not_matter_where_no_loss_looks_at_them(tmp_path):
    check_files(config(tmp_path, features="missing.npz"))


def test_a_folder_that_takes_no_files_is_named(tmp_path):
    (tmp_path / "runs").write_text("a file")
    with pytest.raises(OSError, match=r"run\.folder: .*mine cannot be written: .*runs takes no"):
        check_files(config(tmp_path))
