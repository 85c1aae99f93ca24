import json

from atnet.training.config import Config, Data, Network, Run, as_dictionary
from atnet.training.provenance import describe_training, fingerprint
from training_files import write_training_set


def test_nothing_of_the_machine_is_told(tmp_path):
    config = Config(
        data=Data(folder=tmp_path / "my set", batch=3),
        network=Network(encoder_weights=str(tmp_path / "encoder.npz")),
        run=Run(folder=tmp_path / "runs" / "mine"),
    )
    about = describe_training("joint", as_dictionary(config), {"step": 4, "val_sad": 1.5})
    assert str(tmp_path) not in json.dumps(about)
    assert about["stage"] == "joint"
    assert about["figures"] == {"step": 4, "val_sad": 1.5}
    configuration = about["configuration"]
    assert configuration["data"]["folder"] == "my set"
    assert configuration["data"]["batch"] == 3
    assert configuration["network"]["encoder_weights"] == "encoder.npz"
    assert configuration["network"]["features"] == "imagenet"
    assert {"atnet", "keras", "numpy"} <= set(about["versions"])


def test_a_fingerprint_tells_data_sets_apart(tmp_path):
    first = fingerprint(write_training_set(tmp_path / "first", count=2, size=(40, 40)))
    again = fingerprint(write_training_set(tmp_path / "again", count=2, size=(40, 40)))
    assert first == again
    assert first.startswith("4 files, ")
    (tmp_path / "again" / "mask" / "disc0.png").write_bytes(b"other content")
    assert fingerprint(tmp_path / "again") != first
    (tmp_path / "first" / "fg" / "disc1.png").rename(tmp_path / "first" / "fg" / "other.png")
    assert fingerprint(tmp_path / "first") != first
